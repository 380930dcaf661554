"""What PyTorch answers to validation documents of six tasks under three policies: the product's evaluation is compared with it
(`npm run parity:evaluation`). Reads the shipped files and nothing else of the package.

Writes tools/evaluation/parity/reference.json: for every task and policy one row a document,
[greedy answer, smallest margin of its tokens, log-likelihoods of the options (absent without options)].
"""

from __future__ import annotations

import json

import torch

from .decode import greedy_margins, option_scores, prefill
from .embedder import load_shipped
from .model import Model, Route
from .package import Package, open_package, sha256
from .reference import library_of
from .routers import Library, Router
from .settings import EMBEDDER, PACKAGE, ROOT, read_documents
from .tokenizer import Chat

OUT = ROOT / "tools" / "evaluation" / "parity" / "reference.json"
TASKS = ("past-tense", "addition", "sentiment", "antonym", "plural", "synonym")
POLICIES = {
    "base": {"score": {"id": "none", "params": {}}, "select": {"id": "single", "params": {}}},
    "phatgoose": {"score": {"id": "phatgoose", "params": {}}, "select": {"id": "top-k", "params": {"k": 2}}},
    "glider:c=3": {"score": {"id": "glider", "params": {"c": 3.0}}, "select": {"id": "top-k", "params": {"k": 2}}},
}
#: Tokens that an answer may have beyond those of the right one, as `switchyard evaluate` has it by default.
BEYOND = 4
BATCH = 25


def routed(router: Router) -> Route | None:
    positions = torch.zeros(1, 1)  # only edits read it, and there are none
    return None if router.empty else lambda site, u: router.route(site, u, positions).weights.float()


def evaluate(model: Model, chat: Chat, policy: dict, package: Package, library: Library, documents: list[dict], queries) -> list[list]:
    """One row a document; all of one batch. `queries` [B, D] are the prompts' embeddings."""
    prompts, experts = [d["prompt"] for d in documents], package.experts
    lengths = torch.tensor([len(chat.prompt(p)) for p in prompts])
    route = routed(Router(policy, library, lengths, queries))
    fed = prefill(model, chat, prompts, route, experts)
    limits = [len(chat.answer(d["answer"])) + BEYOND for d in documents]
    answers = greedy_margins(model, chat, prompts, limits, route, experts, prefilled=fed)
    rows = [[answer, round(margin, 5)] for answer, margin in answers]
    if "options" in documents[0]:
        each = len(documents[0]["options"])  # a row of the batch for each option
        route = routed(Router(policy, library, lengths.repeat_interleave(each), queries.repeat_interleave(each, dim=0)))
        scores = option_scores(model, chat, prompts, [d["options"] for d in documents], route, experts, prefilled=fed)
        rows = [row + [[round(x, 5) for x in own]] for row, own in zip(rows, scores)]
    return rows


def make(model: Model, chat: Chat) -> None:
    package = open_package(PACKAGE, model.config)
    library, embedder = library_of(package), load_shipped(str(EMBEDDER))
    tasks = {}
    for task in TASKS:
        documents = read_documents(task, "validation")
        queries = torch.from_numpy(embedder.embed([d["prompt"] for d in documents]))
        rows: dict[str, list] = {name: [] for name in POLICIES}
        for start in range(0, len(documents), BATCH):
            chunk = documents[start : start + BATCH]
            for name, policy in POLICIES.items():
                whole = {"method": name, "mix": "outputs", "edits": []} | policy
                rows[name] += evaluate(model, chat, whole, package, library, chunk, queries[start : start + BATCH])
        tasks[task] = rows
        print(f"{task}: {len(documents)} documents", flush=True)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    manifest = sha256((PACKAGE / "manifest.json").read_bytes())
    head = {"package": manifest, "split": "validation", "beyond": BEYOND}
    OUT.write_text(json.dumps(head | {"tasks": tasks}, ensure_ascii=False) + "\n")
