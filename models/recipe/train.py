"""Trains one expert: a LoRA adapter, then its PHATGOOSE gate, then its mean activation.

Sources: LoRA (arXiv 2106.09685); PHATGOOSE (arXiv 2402.05859): experts frozen, y = W u + dW u * sigmoid(v . u), v from
zero, on the expert's own data. One gate v a site, shared by the modules of the site (the paper has one a module).
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from .decode import greedy, padded
from .model import MODULES, ExpertStack, Model, Route
from .package import load_adapter, save_adapter
from .settings import PACKAGE, Settings, config_hash, read_documents, settings_for
from .tokenizer import Chat

Row = tuple[list[int], list[int]]


def always(_site: int, u: Tensor) -> Tensor:
    """The route of a stack of one: fully active everywhere."""
    return u.new_ones(*u.shape[:-1], 1)


def batches(rows: list[Row], size: int, seed: int) -> list[list[Row]]:
    """Rows of like length together, batches in an order drawn from the seed."""
    ordered = sorted(rows, key=lambda r: len(r[0]) + len(r[1]))
    out = [ordered[i : i + size] for i in range(0, len(ordered), size)]
    random.Random(seed).shuffle(out)
    return out


def answer_loss(model: Model, batch: list[Row], route: Route, experts: ExpertStack) -> Tensor:
    """Mean negative log-likelihood of the answers' tokens (end of turn included); the head sees only those places."""
    ids, _ = padded([p + a[:-1] for p, a in batch])
    hidden = model.forward(ids, route=route, experts=experts)
    places = torch.cat([hidden[i, len(p) - 1 : len(p) + len(a) - 1] for i, (p, a) in enumerate(batch)])
    return F.cross_entropy(model.logits(places), torch.tensor([t for _, a in batch for t in a]))


def optimise(parameters: list[Tensor], losses, steps: int, rate: float, warmup: int, clip: float, label: str) -> float:
    """AdamW with warm-up and linear decay to zero; `losses` yields a loss function a step. Returns the mean loss of
    the last tenth."""
    optimiser = torch.optim.AdamW(parameters, lr=rate)
    history = []
    for step, loss_of in enumerate(losses):
        if step == steps:
            break
        factor = min((step + 1) / warmup, (steps - step) / max(1, steps - warmup))
        for group in optimiser.param_groups:
            group["lr"] = rate * factor
        loss = loss_of()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, clip)
        optimiser.step()
        history.append(loss.item())
        if step % 20 == 19:
            print(f"{label} step {step + 1}/{steps}: loss {sum(history[-20:]) / 20:.3f}", flush=True)
    tail = history[-max(1, len(history) // 10) :]
    return sum(tail) / len(tail)


def new_stack(model: Model, settings: Settings, seed: int) -> ExpertStack:
    """A from a normal distribution over sqrt(inputs), B zero: the update starts at nothing."""
    generator = torch.Generator().manual_seed(seed)
    a, b = [], []
    for _ in range(model.config.layers):
        shapes = {m: model.config.module_shape(m) for m in MODULES}
        a.append({m: torch.randn(1, settings.rank, i, generator=generator) / i**0.5 for m, (_, i) in shapes.items()})
        b.append({m: torch.zeros(1, o, settings.rank) for m, (o, _) in shapes.items()})
    return ExpertStack(a, b, torch.tensor([settings.alpha / settings.rank]))


def train_adapter(model: Model, rows: list[Row], settings: Settings, seed: int, label: str) -> tuple[ExpertStack, dict]:
    stack = new_stack(model, settings, seed)
    parameters = [t for side in (stack.a, stack.b) for layer in side for t in layer.values()]
    for p in parameters:
        p.requires_grad_(True)
    plan = [b for n in range(settings.passes) for b in batches(rows, settings.batch, seed + n)]
    losses = ((lambda b=b: answer_loss(model, b, always, stack)) for b in plan)
    loss = optimise(parameters, losses, len(plan), settings.rate, settings.warmup, settings.clip, f"{label} adapter")
    return stack, {"steps": len(plan), "final_loss": round(loss, 4)}


def train_gate(model: Model, rows: list[Row], stack: ExpertStack, settings: Settings, seed: int, label: str):
    """Gate [S, d] for a frozen stack of one."""
    gate = torch.zeros(model.config.sites, model.config.width, requires_grad=True)

    def route(site: int, u: Tensor) -> Tensor:
        return torch.sigmoid(u @ gate[site]).unsqueeze(-1)

    plan = batches(rows, settings.batch, seed + 1000)
    plan = [plan[n % len(plan)] for n in range(settings.gate_steps)]
    losses = ((lambda b=b: answer_loss(model, b, route, stack)) for b in plan)
    loss = optimise([gate], losses, len(plan), settings.gate_rate, settings.gate_warmup, settings.clip, f"{label} gate")
    return gate.detach(), {"gate_steps": len(plan), "gate_loss": round(loss, 4)}


@torch.no_grad()
def mean_activation(model: Model, rows: list[Row], stack: ExpertStack, size: int) -> Tensor:
    """[S, d]: the site's input u, averaged over every token of prompt and answer (template and end of turn included)
    of the rows, with the expert fully active. Every token counts alike."""
    total = torch.zeros(model.config.sites, model.config.width)
    count = 0
    for batch in batches(rows, size, 0):
        ids, lengths = padded([p + a for p, a in batch])
        real = (torch.arange(ids.shape[1]) < lengths.unsqueeze(1)).unsqueeze(-1)

        def route(site: int, u: Tensor) -> Tensor:
            total[site] += (u * real).sum((0, 1))
            return always(site, u)

        model.forward(ids, route=route, experts=stack)
        count += int(lengths.sum())
    return total / count


def state_path(task: str) -> Path:
    """Beside the weights, so that a training that was cut off goes on in another clone."""
    return PACKAGE / "experts" / task / "training.json"


def read_state(task: str) -> dict:
    """Facts of what was trained so far: what lies beside the weights, else the shipped manifest's card."""
    if state_path(task).exists():
        return json.loads(state_path(task).read_text())
    manifest = PACKAGE / "manifest.json"
    if manifest.exists():
        for expert in json.loads(manifest.read_text())["experts"]:
            if expert["id"] == task:
                return expert["card"]["facts"]
    return {}


def write_state(task: str, state: dict) -> None:
    state_path(task).parent.mkdir(parents=True, exist_ok=True)
    state_path(task).write_text(json.dumps(state, indent=2) + "\n")


def train_expert(model: Model, chat: Chat, task: str) -> None:
    """All three steps; each is skipped where its file is there and was made with the same settings and documents."""
    settings, digest, folder = settings_for(task), config_hash(task), PACKAGE / "experts" / task
    state = read_state(task)
    if state.get("config") != digest:
        state = {"config": digest}
    seed = settings.seed
    documents = read_documents(task, "train")[: settings.documents]
    rows = [(chat.prompt(d["prompt"]), chat.answer(d["answer"])) for d in documents]
    if "steps" not in state or not (folder / "adapter_model.safetensors").exists():
        start = time.monotonic()
        trained, facts = train_adapter(model, rows, settings, seed, task)
        save_adapter(folder, trained, settings.alpha)
        state |= facts | {
            "documents": len(rows), "batch": settings.batch, "passes": settings.passes, "rate": settings.rate,
            "rank": settings.rank, "alpha": settings.alpha, "seed": seed,
            "adapter_seconds": round(time.monotonic() - start),
        }  # fmt: skip
        write_state(task, state)
    stack = load_adapter(folder, model.config)
    if "validation_exact" not in state:
        held = read_documents(task, "validation")
        answers = greedy(model, chat, [d["prompt"] for d in held], always, stack)
        state["validation_exact"] = sum(a == d["answer"] for a, d in zip(answers, held)) / len(held)
        print(f"{task} validation, exact match: {state['validation_exact']:.2f}", flush=True)
        write_state(task, state)
    if "gate_steps" not in state or not (folder / "vectors.safetensors").exists():
        start = time.monotonic()
        gate, facts = train_gate(model, rows, stack, settings, seed, task)
        mean = mean_activation(model, rows[: settings.activation_documents], stack, settings.batch)
        save_file({"gate": gate, "mean_activation": mean}, folder / "vectors.safetensors")
        state |= facts | {
            "gate_rate": settings.gate_rate, "activation_documents": settings.activation_documents,
            "gate_seconds": round(time.monotonic() - start),
        }  # fmt: skip
        write_state(task, state)
    print(f"{task} done: {json.dumps(state)}", flush=True)
