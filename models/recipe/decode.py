"""Batched greedy answers and option scores: what evaluations and the recipe's own checks share."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .model import Cache, ExpertStack, Mix, Model, Route
from .tokenizer import Chat


def padded(rows: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Right-padded ids [B, T] and lengths [B]. Padding lies behind every causal row, so it reaches no real token."""
    lengths = torch.tensor([len(r) for r in rows])
    ids = torch.zeros(len(rows), int(lengths.max()), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
    return ids, lengths


def continued(lengths: Tensor, width: int, done: int, count: int) -> tuple[Tensor, Tensor]:
    """Positions [B, count] and mask [B, 1, count, width + done + count] of `count` tokens that follow padded prompts
    of `lengths` in `width` columns and `done` columns fed since."""
    steps = torch.arange(done, done + count)
    positions = lengths.unsqueeze(1) + steps
    columns = torch.arange(width + done + count)
    prompt = columns < lengths.view(-1, 1, 1)
    after = (columns >= width) & (columns <= width + steps.unsqueeze(-1))
    return positions, (prompt | after).unsqueeze(1)


@dataclass(frozen=True)
class Prefilled:
    """Prompts fed once: answers and option scores both go on from here and leave the cache as it is."""

    cache: Cache
    lengths: Tensor  # [B]
    width: int  # columns of the padded prompts
    last: Tensor  # [B, d], hidden state of each prompt's last token


@torch.no_grad()
def prefill(
    model: Model,
    chat: Chat,
    prompts: list[str],
    route: Route | None = None,
    experts: ExpertStack | None = None,
    mix: Mix = "outputs",
) -> Prefilled:
    ids, lengths = padded([chat.prompt(p) for p in prompts])
    cache = Cache()
    hidden = model.forward(ids, cache, route, experts, mix)
    return Prefilled(cache, lengths, ids.shape[1], hidden[torch.arange(len(prompts)), lengths - 1])


@torch.no_grad()
def greedy(
    model: Model,
    chat: Chat,
    prompts: list[str],
    route: Route | None = None,
    experts: ExpertStack | None = None,
    mix: Mix = "outputs",
    limit: int = 24,
    prefilled: Prefilled | None = None,
) -> list[str]:
    """Answers of at most `limit` tokens, all prompts in one batch. A tie goes to the lower token id."""
    limits = [limit] * len(prompts)
    return [answer for answer, _ in greedy_margins(model, chat, prompts, limits, route, experts, mix, prefilled)]


@torch.no_grad()
def greedy_margins(
    model: Model,
    chat: Chat,
    prompts: list[str],
    limits: list[int],
    route: Route | None = None,
    experts: ExpertStack | None = None,
    mix: Mix = "outputs",
    prefilled: Prefilled | None = None,
) -> list[tuple[str, float]]:
    """Answers of at most `limits` tokens each, with the smallest distance between the largest and the second largest
    logit on the way, end of turn included: where it is tiny, another implementation may answer otherwise."""
    start = prefilled or prefill(model, chat, prompts, route, experts, mix)
    cache, last = start.cache.fork(), start.last
    answers: list[list[int]] = [[] for _ in prompts]
    margins = [float("inf")] * len(prompts)
    running = torch.ones(len(prompts), dtype=torch.bool)
    limit, most = max(limits), torch.tensor(limits)
    for step in range(limit):
        logits = model.logits(last)
        token, best = logits.argmax(-1), logits.topk(2).values
        running &= step < most
        for i in running.nonzero().flatten().tolist():
            margins[i] = min(margins[i], float(best[i, 0] - best[i, 1]))
        running &= token != chat.end
        for i in running.nonzero().flatten().tolist():
            answers[i].append(int(token[i]))
        if not running.any() or step + 1 == limit:
            break
        positions, mask = continued(start.lengths, start.width, step, 1)
        hidden = model.forward(token.unsqueeze(1), cache, route, experts, mix, positions, mask)
        last = hidden[:, 0]
    return [(chat.text(a), margin) for a, margin in zip(answers, margins)]


@torch.no_grad()
def option_scores(
    model: Model,
    chat: Chat,
    prompts: list[str],
    options: list[list[str]],
    route: Route | None = None,
    experts: ExpertStack | None = None,
    mix: Mix = "outputs",
    prefilled: Prefilled | None = None,
) -> list[list[float]]:
    """Summed natural log-likelihood of each option, end of turn included. All prompts have equally many options."""
    start = prefilled or prefill(model, chat, prompts, route, experts, mix)
    each = len(options[0])
    answers, sizes = padded([chat.answer(o) for row in options for o in row])
    first = model.logits(start.last).log_softmax(-1).repeat_interleave(each, dim=0)
    scores = first.gather(1, answers[:, :1]).squeeze(1)
    cache = Cache(*([x.repeat_interleave(each, dim=0) for x in side] for side in (start.cache.keys, start.cache.values)))
    feed = answers[:, :-1]
    positions, mask = continued(start.lengths.repeat_interleave(each), start.width, 0, feed.shape[1])
    hidden = model.forward(feed, cache, route, experts, mix, positions, mask)
    logits = model.logits(hidden)
    rest = logits.gather(2, answers[:, 1:].unsqueeze(-1)).squeeze(-1) - logits.logsumexp(-1)
    real = torch.arange(1, answers.shape[1]) < sizes.unsqueeze(1)
    return (scores + (rest * real).sum(1)).view(len(prompts), each).tolist()
