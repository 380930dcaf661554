"""What of a card GLIDER's global term should read: measured on validation prompts."""

from __future__ import annotations

import numpy as np
import torch
from safetensors.torch import load_file

from .settings import EMBEDDER, PACKAGE, read_documents

#: Names of the options, as the routing core calls them.
OPTIONS = ("instruction", "mean", "examples")


def cosines(embeddings: dict[str, torch.Tensor], queries: np.ndarray) -> dict[str, np.ndarray]:
    """Cosine of n queries [n, D] to E experts, [n, E], by each option; `examples` takes the nearest example."""
    rows = {name: embeddings[name].numpy() for name in OPTIONS}
    return {
        "instruction": queries @ rows["instruction"].T,
        "mean": queries @ rows["mean"].T,
        "examples": np.einsum("nd,exd->nex", queries, rows["examples"]).max(-1),
    }


def card_figures(ids: list[str], per_task: int = 100) -> dict:
    """Share of validation prompts whose nearest expert is their own, by option."""
    from .embedder import load_shipped

    embedder, embeddings = load_shipped(str(EMBEDDER)), load_file(PACKAGE / "embeddings.safetensors")
    prompts = [(i, d["prompt"]) for i, task in enumerate(ids) for d in read_documents(task, "validation")[:per_task]]
    own = np.array([i for i, _ in prompts])
    near = cosines(embeddings, embedder.embed([p for _, p in prompts]))
    return {name: round(float((near[name].argmax(1) == own).mean()), 4) for name in OPTIONS}
