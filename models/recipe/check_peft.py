"""PEFT itself loads each adapter onto the Hugging Face model of the same GGUF and must give our logits."""

from __future__ import annotations

import torch
from torch import Tensor

from .model import Model
from .package import load_adapter
from .settings import BASE_PATH, PACKAGE, read_documents
from .tokenizer import Chat
from .train import always

TOLERANCE = 1e-3


def difference(theirs: Tensor, ours: Tensor) -> float:
    """Largest absolute difference. Refuses what is not finite: max() and > would let a NaN pass as "equal"."""
    if theirs.shape != ours.shape or not bool(theirs.isfinite().all()) or not bool(ours.isfinite().all()):
        raise ValueError(f"logits {tuple(theirs.shape)} and {tuple(ours.shape)}: shapes differ or a value is not finite")
    return float((theirs - ours).abs().max())


@torch.no_grad()
def check_peft(model: Model, chat: Chat, tasks: list[str], documents: int = 4) -> dict[str, float]:
    """Largest absolute difference of logits for each adapter, over prompt and answer of some test documents.

    PEFT runs with eager attention: with the fused kernel that model.py uses, and a scale alpha / r that is a power of
    two, both do the same operations in the same order and agree to the bit, which shows less. Raises where the
    difference is above TOLERANCE, and where a control fails: our logits of the base alone must differ from PEFT's by
    more than TOLERANCE, or the adapter was not applied.
    """
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(
        BASE_PATH.parent, gguf_file=BASE_PATH.name, dtype=torch.float32, attn_implementation="eager"
    )
    peft = None
    worst = {}
    for task in tasks:
        folder = str(PACKAGE / "experts" / task)
        if peft is None:
            peft = PeftModel.from_pretrained(base, folder, adapter_name=task)
        else:
            peft.load_adapter(folder, adapter_name=task)
        peft.set_adapter(task)
        peft.eval()
        stack = load_adapter(PACKAGE / "experts" / task, model.config)
        with_adapter, without = [], []
        for d in read_documents(task, "test")[:documents]:
            ids = torch.tensor(chat.prompt(d["prompt"]) + chat.answer(d["answer"]))
            theirs = peft(ids.unsqueeze(0)).logits[0].float()
            with_adapter.append(difference(theirs, model.logits(model.forward(ids, route=always, experts=stack))))
            without.append(difference(theirs, model.logits(model.forward(ids))))
        worst[task] = max(with_adapter)
        print(f"{task}: PEFT differs by {worst[task]:.1e}, from the base alone by {min(without):.1f}", flush=True)
        if worst[task] > TOLERANCE or min(without) <= TOLERANCE:
            raise ValueError(f"{task}: PEFT differs by {worst[task]:.2e}, from the base alone by {min(without):.2e}")
    return worst
