"""Figures of the finished experts: accuracy of oracle, base, uniform merge and PHATGOOSE, and where tokens are routed."""

from __future__ import annotations

import json
from collections import Counter
from math import sqrt

import torch
from torch import Tensor

from .decode import greedy, option_scores, padded, prefill
from .model import ExpertStack, Model, Route
from .package import load_adapter, sha256
from .routes import fixed, scored
from .settings import DOCUMENTS, PACKAGE, WORK, read_documents
from .tokenizer import Chat

BATCH = 25
#: Test documents whose routes are counted: some hundred thousand choices.
ROUTED = 50


def wilson(right: int, total: int, z: float = 1.959964) -> list[float]:
    """95 % interval of a proportion (Wilson 1927)."""
    p, zz = right / total, z * z / total
    centre, half = p + zz / 2, z * sqrt(p * (1 - p) / total + zz / (4 * total))
    return [round((centre - half) / (1 + zz), 4), round((centre + half) / (1 + zz), 4)]


def proportion(right: list[bool]) -> dict:
    return {"right": sum(right), "of": len(right), "value": sum(right) / len(right), "interval": wilson(sum(right), len(right))}


def chunks(rows: list, size: int = BATCH) -> list[list]:
    """Chunks of documents of like length, so that padding stays small."""
    ordered = sorted(rows, key=lambda d: len(d["prompt"]))
    return [ordered[i : i + size] for i in range(0, len(ordered), size)]


def accuracy(model: Model, chat: Chat, documents: list[dict], route: Route | None, experts: ExpertStack | None) -> dict:
    """`exact`: greedy answer equals the gold one, character for character. `choice`: the gold option has the largest
    summed log-likelihood (first one on a tie)."""
    limit = max(len(chat.answer(d["answer"])) for d in documents) + 4
    exact, chosen, answers = [], [], {}
    for chunk in chunks(documents):
        prompts = [d["prompt"] for d in chunk]
        fed = prefill(model, chat, prompts, route, experts)
        for d, a in zip(chunk, greedy(model, chat, prompts, route, experts, limit=limit, prefilled=fed)):
            exact.append(a == d["answer"])
            answers[d["id"]] = a
        if "options" in chunk[0]:
            scores = option_scores(model, chat, prompts, [d["options"] for d in chunk], route, experts, prefilled=fed)
            chosen += [row.index(max(row)) == d["gold"] for row, d in zip(scores, chunk)]
    figures = {"exact": proportion(exact)}
    if chosen:
        figures["choice"] = proportion(chosen)
    return figures | {"answers": answers}


@torch.no_grad()
def routed(model: Model, chat: Chat, documents: list[dict], route: Route, experts: ExpertStack) -> tuple[Tensor, Tensor]:
    """Share of slots and share of weight that each expert gets, [E] each, over all sites and all tokens of prompt and
    gold answer (template included)."""
    slots, weight = torch.zeros(experts.scale.shape[0]), torch.zeros(experts.scale.shape[0])
    for chunk in chunks(documents):
        ids, lengths = padded([chat.prompt(d["prompt"]) + chat.answer(d["answer"]) for d in chunk])
        real = (torch.arange(ids.shape[1]) < lengths.unsqueeze(1)).unsqueeze(-1)

        def counted(site: int, u: Tensor) -> Tensor:
            weights = route(site, u)
            slots.add_(((weights > 0) & real).sum((0, 1)))
            weight.add_((weights * real).sum((0, 1)))
            return weights

        model.forward(ids, route=counted, experts=experts)
    return slots / slots.sum(), weight / weight.sum()


def cached(name: str, key: str, compute) -> dict:
    """Figures are kept under data/recipe/figures with the hash of what they were made from."""
    path = WORK / "figures" / f"{name}.json"
    if path.exists() and (known := json.loads(path.read_text())).get("key") == key:
        return known
    path.parent.mkdir(parents=True, exist_ok=True)
    result = compute() | {"key": key}
    path.write_text(json.dumps(result, indent=1) + "\n")
    return result


def documents_hash(task: str) -> str:
    return sha256((DOCUMENTS / task / "test.jsonl").read_bytes())


def expert_hash(task: str) -> str:
    folder = PACKAGE / "experts" / task
    return sha256((folder / "adapter_model.safetensors").read_bytes() + (folder / "vectors.safetensors").read_bytes())


def oracle(model: Model, chat: Chat, task: str) -> dict:
    key = documents_hash(task) + expert_hash(task)

    def compute() -> dict:
        stack = load_adapter(PACKAGE / "experts" / task, model.config)
        return accuracy(model, chat, read_documents(task, "test"), fixed(torch.ones(1)), stack)

    return cached(f"{task}-oracle", key, compute)


def base(model: Model, chat: Chat, task: str) -> dict:
    return cached(f"{task}-base", documents_hash(task), lambda: accuracy(model, chat, read_documents(task, "test"), None, None))


def library(model: Model, chat: Chat, task: str, experts: ExpertStack, gates: Tensor, ids: list[str]) -> dict:
    """Uniform merge, PHATGOOSE top-2 and the routes of the latter, for all experts of the library together."""
    key = documents_hash(task) + "".join(expert_hash(i) for i in ids)
    documents = read_documents(task, "test")
    count = len(ids)

    def compute() -> dict:
        phatgoose = scored(gates)
        slots, weight = routed(model, chat, documents[:ROUTED], phatgoose, experts)
        return {
            "uniform": accuracy(model, chat, documents, fixed(torch.full((count,), 1 / count)), experts),
            "phatgoose": accuracy(model, chat, documents, phatgoose, experts),
            "slots": dict(zip(ids, (round(x, 4) for x in slots.tolist()))),
            "weight": dict(zip(ids, (round(x, 4) for x in weight.tolist()))),
        }

    return cached(f"{task}-library", sha256(key.encode()), compute)


def majority(documents: list[dict]) -> float:
    return max(Counter(d["answer"] for d in documents).values()) / len(documents)

