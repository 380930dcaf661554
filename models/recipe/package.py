"""Reading and writing a model package: file references, parts, adapters, vectors (manifest version 1.0)."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from .model import BLOCK, MODULES, Config, ExpertStack, stack_experts

PART_BYTES = 45_000_000
PACKAGE = Path(__file__).resolve().parent.parent / "smollm2-135m"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def file_ref(root: Path, path: Path) -> dict:
    data = path.read_bytes()
    return {"path": path.relative_to(root).as_posix(), "bytes": len(data), "sha256": sha256(data)}


def split_file(data: bytes, root: Path, folder: Path, name: str) -> dict:
    """Writes `data` as folder/name.part0 … of at most PART_BYTES and returns its FileRef."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for index, start in enumerate(range(0, len(data), PART_BYTES)):
        path = folder / f"{name}.part{index}"
        path.write_bytes(data[start : start + PART_BYTES])
        parts.append(file_ref(root, path))
    return {"name": name, "bytes": len(data), "sha256": sha256(data), "parts": parts}


def read_ref(root: Path, ref: dict) -> bytes:
    """The bytes behind a FileRef, joined and checked."""
    pieces = []
    for part in ref.get("parts", [ref]):
        data = (root / part["path"]).read_bytes()
        if len(data) != part["bytes"] or sha256(data) != part["sha256"]:
            raise ValueError(f"{part['path']}: {len(data)} bytes, hash or length differs from the manifest")
        pieces.append(data)
    joined = b"".join(pieces)
    if len(joined) != ref["bytes"] or sha256(joined) != ref["sha256"]:
        raise ValueError(f"{ref.get('name', ref.get('path'))}: joined file differs from the manifest")
    return joined


# ---- adapters -------------------------------------------------------------------------------------------------------


def peft_name(layer: int, module: str, factor: str) -> str:
    return f"base_model.model.model.layers.{layer}.{BLOCK[module]}.{module}.lora_{factor}.weight"


def peft_config(rank: int, alpha: int) -> dict:
    return {
        "base_model_name_or_path": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "peft_type": "LORA",
        "r": rank,
        "target_modules": list(MODULES),
        "task_type": "CAUSAL_LM",
    }


def save_adapter(folder: Path, stack: ExpertStack, alpha: int) -> None:
    """One expert (E = 1), rounded to BF16, as a PEFT adapter."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for layer in range(len(stack.a)):
        for module in MODULES:
            tensors[peft_name(layer, module, "A")] = stack.a[layer][module][0].detach().to(torch.bfloat16).contiguous()
            tensors[peft_name(layer, module, "B")] = stack.b[layer][module][0].detach().to(torch.bfloat16).contiguous()
    rank = stack.a[0][MODULES[0]].shape[1]
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    (folder / "adapter_config.json").write_text(json.dumps(peft_config(rank, alpha), indent=2) + "\n")


def load_adapter(folder: Path, config: Config) -> ExpertStack:
    """A PEFT adapter as a stack of one expert, upcast to f32."""
    settings = json.loads((folder / "adapter_config.json").read_text())
    tensors = load_file(folder / "adapter_model.safetensors")

    def factor(layer: int, module: str, name: str) -> Tensor:
        return tensors[peft_name(layer, module, name)].float().unsqueeze(0)

    layers = range(config.layers)
    return ExpertStack(
        [{m: factor(i, m, "A") for m in MODULES} for i in layers],
        [{m: factor(i, m, "B") for m in MODULES} for i in layers],
        torch.tensor([settings["lora_alpha"] / settings["r"]]),
    )


# ---- a whole package ------------------------------------------------------------------------------------------------


@dataclass
class Package:
    """What an evaluation reads: vectors are [S, E, d], embeddings unit rows as stored."""

    root: Path
    manifest: dict
    experts: ExpertStack
    gates: Tensor
    mean_activations: Tensor
    embeddings: dict[str, Tensor]

    @property
    def ids(self) -> list[str]:
        return [e["id"] for e in self.manifest["experts"]]

    def base_path(self, cache: Path | None = None) -> Path:
        """The joined GGUF, checked and written to `cache` (a temporary folder when not given)."""
        ref = self.manifest["base"]["file"]
        folder = cache or Path(tempfile.gettempdir())
        path = folder / f"{ref['sha256'][:16]}.gguf"
        if not path.exists() or path.stat().st_size != ref["bytes"] or sha256(path.read_bytes()) != ref["sha256"]:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(read_ref(self.root, ref))
        return path


def open_package(root: Path, config: Config, check: bool = True) -> Package:
    """Reads manifest, adapters, vectors and embeddings; `check` verifies the hashes of all but the base."""
    manifest = json.loads((root / "manifest.json").read_text())
    entries = manifest["experts"]
    if check:
        for e in entries:
            for ref in (e["adapter"]["config"], e["adapter"]["weights"], e["vectors"]):
                read_ref(root, ref)
    folders = [(root / e["adapter"]["weights"]["path"]).parent for e in entries]
    vectors = [load_file(root / e["vectors"]["path"]) for e in entries]
    embeddings = load_file(root / manifest["embeddings"]["path"]) if "embeddings" in manifest else {}
    return Package(
        root,
        manifest,
        stack_experts([load_adapter(f, config) for f in folders]),
        torch.stack([v["gate"] for v in vectors], dim=1),
        torch.stack([v["mean_activation"] for v in vectors], dim=1),
        embeddings,
    )
