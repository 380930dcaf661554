"""The routing rules that the recipe itself evaluates. All return weights over E experts for u [..., d]."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .model import Route


def fixed(weights: Tensor) -> Route:
    """The same weights [E] for every token and site: an oracle (one-hot), a uniform merge (1/E each)."""
    return lambda _site, u: weights.expand(*u.shape[:-1], -1)


def phatgoose_scores(u: Tensor, gates: Tensor) -> Tensor:
    """<LN(u), LN(v)> / sqrt(d) with eps 1e-5 (PHATGOOSE, arXiv 2402.05859): u [..., d], gates [E, d] -> [..., E]."""
    width = (u.shape[-1],)
    return F.layer_norm(u, width) @ F.layer_norm(gates, width).T / u.shape[-1] ** 0.5


def top_k(scores: Tensor, k: int) -> Tensor:
    """Softmax over the k largest, zero elsewhere; a tie goes to the lower index (stable sort)."""
    order = scores.sort(dim=-1, descending=True, stable=True).indices[..., :k]
    kept = scores.gather(-1, order).softmax(-1)
    return torch.zeros_like(scores).scatter(-1, order, kept)


def scored(vectors: Tensor, k: int = 2, constant: Tensor | None = None) -> Route:
    """PHATGOOSE with gates [S, E, d] (or mean activations in their place); `constant` [E] is added to the scores
    (GLIDER's c times cosine, arXiv 2410.07172)."""

    def route(site: int, u: Tensor) -> Tensor:
        scores = phatgoose_scores(u, vectors[site])
        return top_k(scores if constant is None else scores + constant, k)

    return route
