"""The two controls: one adapter trained on answers shuffled within their task, one on all tasks together.

What the first gains over the base is format: it has seen how a task is answered, never which answer belongs to which
prompt. The second is the multi-task reference: one adapter of the same rank for everything, without a router.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from dataclasses import asdict, dataclass

from .model import Model
from .package import save_adapter
from .settings import BASE_SHA256, DOCUMENTS, PACKAGE, Settings, read_documents
from .tokenizer import Chat
from .train import Row, train_adapter

#: Of each task. Both controls see the same prompts, 6 times as many as an expert when there are 24 tasks.
DOCUMENTS_EACH = 160
FOLDER = PACKAGE / "controls"


@dataclass(frozen=True)
class Control:
    id: str
    label: str
    badge: str
    shuffled: bool


CONTROLS = (
    Control("format-only", "Format only: answers shuffled within their task", "FO", True),
    Control("multi-task", "Multi-task: all tasks together", "MT", False),
)


def control_documents(tasks: list[str], control: Control, seed: int) -> list[dict]:
    """Prompt and answer; a shuffled answer comes from another document of the same task, or by chance from its own."""
    out = []
    for task in tasks:
        documents = read_documents(task, "train")[:DOCUMENTS_EACH]
        answers = [d["answer"] for d in documents]
        if control.shuffled:
            random.Random(f"{seed}/{task}").shuffle(answers)
        out += [{"prompt": d["prompt"], "answer": a} for d, a in zip(documents, answers)]
    return out


def control_hash(tasks: list[str], control: Control, settings: Settings) -> str:
    """Changes whenever the settings, the training documents or the base change."""
    parts = [json.dumps(asdict(settings), sort_keys=True), str(DOCUMENTS_EACH), str(control), BASE_SHA256]
    parts += [hashlib.sha256((DOCUMENTS / task / "train.jsonl").read_bytes()).hexdigest() for task in tasks]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def train_control(model: Model, chat: Chat, control: Control, tasks: list[str]) -> None:
    """Skipped where the adapter is there and was made with the same settings and documents."""
    settings, folder = Settings(), FOLDER / control.id
    facts_path, digest = folder / "training.json", control_hash(tasks, control, settings)
    if facts_path.exists() and json.loads(facts_path.read_text())["config"] == digest:
        return
    documents = control_documents(tasks, control, settings.seed)
    rows: list[Row] = [(chat.prompt(d["prompt"]), chat.answer(d["answer"])) for d in documents]
    start = time.monotonic()
    stack, facts = train_adapter(model, rows, settings, settings.seed, control.id)
    save_adapter(folder, stack, settings.alpha)
    facts |= {
        "config": digest, "tasks": tasks, "documents": len(rows), "batch": settings.batch, "passes": settings.passes,
        "rate": settings.rate, "rank": settings.rank, "alpha": settings.alpha, "seed": settings.seed,
        "adapter_seconds": round(time.monotonic() - start),
    }  # fmt: skip
    facts_path.write_text(json.dumps(facts, indent=2) + "\n")
    print(f"{control.id} done: {json.dumps(facts)}", flush=True)
