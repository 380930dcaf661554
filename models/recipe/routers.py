"""The routing rules in NumPy-like PyTorch, written from the formulas and apart from the TypeScript ones, so that one can
be checked against the other.

A policy is the document of `src/core/routing/policy.ts`: { score: { id, params }, select: { id, params }, mix, edits }.
Scores are computed in double precision and rounded to float32 once, then everything after them is double again.
B rows (prompts), T tokens, E experts, S sites, d width, D the embedder's dimension.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .model import SITE_MODULES, ExpertStack

DEFAULTS = {
    "none": {}, "uniform": {}, "phatgoose": {}, "retrieval": {},
    "average-activation": {"rule": "phatgoose", "t": 1.0},
    "arrow": {"t": 1.0},
    "glider": {"c": 3.0, "rule": "constant", "gamma": 100.0, "p": 0.8, "beta": 3.0, "read": "mean"},
    "top-k": {"k": 2, "renormalise": True},
    "single": {},
    "all": {"temperature": 1.0},
}  # fmt: skip


@dataclass
class Library:
    """Vectors [S, E, d]; `embeddings` as in the package: instruction [E, D], mean [E, D], examples [E, X, D]."""

    ids: list[str]
    gates: Tensor
    mean_activations: Tensor
    prototypes: Tensor
    embeddings: dict[str, Tensor]


def prototypes(experts: ExpertStack) -> Tensor:
    """[S, E, d]: top right singular vector of the updates of a site's modules, one below the other. With the rows of
    all A stacked and G the block diagonal of B^T B, the stack equals Q G^(1/2) A with orthonormal Q, so that a small
    matrix has the same right singular vectors. The sign is arbitrary; scores take the absolute value."""
    sites = []
    for layer in range(len(experts.a)):
        for modules in SITE_MODULES:
            a = torch.cat([experts.a[layer][m] for m in modules], dim=1).double()
            rows = []
            for e in range(a.shape[0]):
                gram = torch.block_diag(*((b := experts.b[layer][m][e].double()).T @ b for m in modules))
                values, vectors = torch.linalg.eigh(gram)
                root = vectors * values.clamp(min=0).sqrt() @ vectors.T
                rows.append(torch.linalg.svd(root @ a[e], full_matrices=False).Vh[0])
            sites.append(torch.stack(rows))
    return torch.stack(sites)


def layer_norm(x: Tensor) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()


@dataclass
class Routed:
    """raw [B, T, E] float32, the scores before edits; weights [B, T, E]; gap [B, T], how far the score of the last
    chosen lies above the best one left out (infinite when nothing was left out)."""

    raw: Tensor
    weights: Tensor
    gap: Tensor


class Router:
    """One policy on B prompts. `prompt_tokens` [B]; `prompt_embeddings` [B, D] where the score needs them."""

    def __init__(self, policy: dict, library: Library, prompt_tokens: Tensor, prompt_embeddings: Tensor | None = None):
        self.library, self.prompt_tokens = library, prompt_tokens
        self.mix = policy["mix"]
        self.score, self.select = policy["score"]["id"], policy["select"]["id"]
        self.score_params = DEFAULTS[self.score] | policy["score"]["params"]
        self.select_params = DEFAULTS[self.select] | policy["select"]["params"]
        self.edits = policy["edits"]
        self.term = self._global_term(prompt_embeddings)

    @property
    def empty(self) -> bool:
        """No expert is ever chosen."""
        return self.score == "none" and not any(e["kind"] == "force" for e in self.edits)

    @property
    def constant(self) -> bool:
        """The same route at every token and site."""
        return self.score in ("none", "uniform", "retrieval") and not self.edits

    @property
    def slots(self) -> int:
        experts = len(self.library.ids)
        most = {"top-k": self.select_params.get("k", 0), "single": 1, "all": experts}[self.select]
        forced = {i for e in self.edits if e["kind"] == "force" for i in e["experts"]}
        return max(0 if self.score == "none" else min(most, experts), len(forced))

    # ---- scores ----

    def _global_term(self, query: Tensor | None) -> Tensor | None:
        """[B, E]: the part of a score that is the same at every token and site."""
        e, p = self.library.embeddings, self.score_params
        if self.score == "retrieval":
            return torch.einsum("exd,bd->bex", e["examples"].double(), query.double()).amax(-1)
        if self.score == "glider":
            cosines = query.double() @ e[p["read"]].double().T
            if p["rule"] == "constant":
                return p["c"] * cosines
            return (p["gamma"] * (cosines.amax(1, keepdim=True) > p["p"]) + p["beta"]) * cosines
        return None

    def raw_scores(self, site: int, u: Tensor) -> Tensor:
        """u [B, T, d] -> [B, T, E] float32."""
        lib, p = self.library, self.score_params
        shape = (*u.shape[:2], len(lib.ids))
        if self.score in ("none", "uniform"):
            return torch.zeros(shape)
        if self.score == "retrieval":
            return self.term.unsqueeze(1).expand(shape).float()
        u, scale = u.double(), u.shape[-1] ** 0.5
        if self.score in ("phatgoose", "glider"):
            local = layer_norm(u) @ layer_norm(lib.gates[site].double()).T / scale
            # As the other side has it: the local score is a float32, the addend too.
            return local.float() if self.term is None else local.float() + self.term.float().unsqueeze(1)
        if self.score == "average-activation":
            v = lib.mean_activations[site].double()
            if p["rule"] == "phatgoose":
                return (layer_norm(u) @ layer_norm(v).T / scale).float()
            return (u @ torch.nn.functional.normalize(v, dim=-1).T / (p["t"] * scale)).float()
        if self.score == "arrow":
            return ((u @ lib.prototypes[site].double().T).abs() / p["t"]).float()
        raise ValueError(f"no score {self.score}")

    # ---- edits ----

    def _acts(self, edit: dict, site: int, positions: Tensor) -> Tensor | None:
        """[B, T], where the edit acts; None when not at this site."""
        sites, tokens = edit.get("sites", {}), edit.get("tokens", {})
        if not sites.get("from", 0) <= site <= sites.get("to", 1 << 30):
            return None
        if "input" in sites and sites["input"] != ("attn", "ffn")[site % 2]:
            return None
        here = (positions >= max(tokens.get("from", 0), edit.get("since", 0))) & (positions <= tokens.get("to", 1 << 30))
        answer = positions >= self.prompt_tokens.unsqueeze(1)
        part = tokens.get("part")
        return here if part is None else here & (answer if part == "answer" else ~answer)

    def _edited(self, kind: str, site: int, positions: Tensor) -> list[tuple[dict, Tensor]]:
        """(edit, [B, T, E] of where it acts on whom) of one kind."""
        found = []
        for edit in self.edits:
            acts = self._acts(edit, site, positions) if edit["kind"] == kind else None
            if acts is not None:
                named = torch.tensor([i in edit["experts"] for i in self.library.ids])
                found.append((edit, acts.unsqueeze(-1) & named))
        return found

    # ---- the whole rule ----

    def route(self, site: int, u: Tensor, positions: Tensor) -> Routed:
        """u [B, T, d] at positions [B, T]."""
        raw = self.raw_scores(site, u)
        biased = raw.clone()
        for edit, where in self._edited("bias", site, positions):
            biased = biased + edit["amount"] * where
        biased = biased.double()
        available = torch.ones_like(biased, dtype=torch.bool)
        for _, where in self._edited("mute", site, positions):
            available &= ~where
        forced = torch.zeros_like(available)
        for _, where in self._edited("force", site, positions):
            forced |= where
        experts = biased.shape[-1]
        k = {"top-k": self.select_params.get("k"), "single": 1, "all": experts}[self.select]
        count = available.sum(-1).clamp(max=0 if self.score == "none" else k)
        room = (count - forced.sum(-1)).clamp(min=0)
        # The forced are in; beside them the best of the others, the lower index first among equals.
        others = biased.masked_fill(~available | forced, -torch.inf)
        ranked, order = others.sort(dim=-1, descending=True, stable=True)
        rank = torch.empty_like(order).scatter_(-1, order, torch.arange(experts).expand_as(order))
        members = forced | ((rank < room.unsqueeze(-1)) & others.isfinite())
        weights = self._weigh(biased, available, forced, members)
        for edit, where in self._edited("scale", site, positions):
            weights = torch.where(where, weights * edit["factor"], weights)
        return Routed(raw, weights, self._gap(ranked, room))

    def _weigh(self, biased: Tensor, available: Tensor, forced: Tensor, members: Tensor) -> Tensor:
        scores = biased / self.select_params.get("temperature", 1.0)
        # Without renormalising, the available ones left out keep their share; a set changed by force is weighed alone.
        changed = (forced & ~self._chosen(biased, available)).any(-1, keepdim=True)
        whole = not self.select_params.get("renormalise", True)
        total = torch.where(changed, members, members | available) if whole else members
        top = scores.masked_fill(~total, -torch.inf).amax(-1, keepdim=True).clamp(min=-1e300)
        powers = (scores - top).exp()
        sum_ = (powers * total).sum(-1, keepdim=True)
        return torch.where(members & (sum_ > 0), powers / sum_.clamp(min=1e-300), 0.0)

    def _chosen(self, biased: Tensor, available: Tensor) -> Tensor:
        """What the selection alone would take."""
        experts = biased.shape[-1]
        k = {"top-k": self.select_params.get("k"), "single": 1, "all": experts}[self.select]
        order = biased.masked_fill(~available, -torch.inf).sort(dim=-1, descending=True, stable=True).indices
        rank = torch.empty_like(order).scatter_(-1, order, torch.arange(experts).expand_as(order))
        return available & (rank < (0 if self.score == "none" else k))

    def _gap(self, ranked: Tensor, room: Tensor) -> Tensor:
        experts = ranked.shape[-1]
        last = ranked.gather(-1, (room - 1).clamp(min=0).unsqueeze(-1)).squeeze(-1)
        next_ = ranked.gather(-1, room.clamp(max=experts - 1).unsqueeze(-1)).squeeze(-1)
        open_ = (room > 0) & (room < experts) & next_.isfinite()
        return torch.where(open_, last - next_, torch.inf)
