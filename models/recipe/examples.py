"""Prompts for the page: validation documents where one edit visibly changes the answer, and held-out ones."""

from __future__ import annotations

import json

import torch
from torch import Tensor

from .decode import greedy
from .model import Model
from .package import Package
from .routes import scored
from .settings import EMBEDDER, WORK, read_documents, read_tasks
from .tokenizer import Chat

PER_TASK = 24


def find_examples(model: Model, chat: Chat, package: Package) -> list[dict]:
    """For every document looked at: PHATGOOSE's answer, with the task's expert muted, and GLIDER's (c = 3, 10;
    mean of the examples). Kept under data/recipe; a person picks from it."""
    from .embedder import load_shipped

    embedder, out = load_shipped(str(EMBEDDER)), []
    for task in read_tasks():
        documents = sorted(read_documents(task["id"], "validation"), key=lambda d: len(d["prompt"]))[:: 100 // PER_TASK][:PER_TASK]
        prompts = [d["prompt"] for d in documents]
        cosine = torch.from_numpy(embedder.embed(prompts)) @ package.embeddings["mean"].T  # [n, E]
        answers = {"phatgoose": greedy(model, chat, prompts, scored(package.gates), package.experts)}
        if task["id"] in package.ids:
            mute = torch.zeros(len(package.ids))
            mute[package.ids.index(task["id"])] = -torch.inf
            answers["muted"] = greedy(model, chat, prompts, scored(package.gates, constant=mute), package.experts)
        for c in (3, 10):
            constant: Tensor = (c * cosine).unsqueeze(1)  # [n, 1, E]: one query a row of the batch
            answers[f"glider {c}"] = greedy(model, chat, prompts, scored(package.gates, constant=constant), package.experts)
        for n, d in enumerate(documents):
            out.append({"task": task["id"], "prompt": d["prompt"], "answer": d["answer"]} | {k: v[n] for k, v in answers.items()})
        print(task["id"], {k: sum(a == d["answer"] for a, d in zip(v, documents)) for k, v in answers.items()}, "of", len(documents), flush=True)
    (WORK / "examples.json").write_text(json.dumps(out, indent=1) + "\n")
    return out

