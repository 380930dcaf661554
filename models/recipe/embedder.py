"""The sentence embedder as it is shipped: reads the rounded GGUF and computes in float32.

    load_shipped("models/all-minilm-l6-v2").embed(["a text", ...])  ->  float32 [n, 384], rows of unit length

BERT with mean pooling; texts are cut to the manifest's `max_tokens`, [CLS] and [SEP] included. Texts of equal length
are computed together, so nothing is padded and a row does not depend on its neighbours beyond float rounding.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from gguf import GGUFReader, dequantize
from tokenizers import BertWordPieceTokenizer
from torch import Tensor

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Shape:
    layers: int
    width: int
    heads: int
    epsilon: float


def read_gguf(path: Path) -> tuple[dict[str, object], Weights]:
    """Metadata by key, and every tensor dequantised to float32."""
    reader = GGUFReader(path)
    meta = {key: field.contents() for key, field in reader.fields.items()}
    tensors = {}
    for t in reader.tensors:
        values = dequantize(t.data, t.tensor_type).astype(np.float32, copy=True)
        tensors[t.name] = torch.from_numpy(values.reshape([int(n) for n in reversed(t.shape)]))
    return meta, tensors


def wordpiece(tokens: list[str]) -> BertWordPieceTokenizer:
    """llama.cpp marks the start of a word with U+2581 and leaves continuations bare; WordPiece does the reverse."""

    def published(token: str) -> str:
        if token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"):
            return token
        return token[1:] if token.startswith("\u2581") else "##" + token

    return BertWordPieceTokenizer({published(t): i for i, t in enumerate(tokens)}, lowercase=True)


# ---- the network, in steps that the rounding of pack_embedder.py walks as well; x is [n, tokens, width] -----------------


def norm(w: Weights, shape: Shape, x: Tensor, name: str) -> Tensor:
    return F.layer_norm(x, (shape.width,), w[f"{name}.weight"], w[f"{name}.bias"], shape.epsilon)


def linear(w: Weights, x: Tensor, name: str) -> Tensor:
    return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])


def embed_tokens(w: Weights, shape: Shape, ids: Tensor) -> Tensor:
    x = w["token_embd.weight"][ids] + w["position_embd.weight"][: ids.shape[1]] + w["token_types.weight"][0]
    return norm(w, shape, x, "token_embd_norm")


def attention(w: Weights, shape: Shape, layer: int, x: Tensor) -> Tensor:
    """Before the output projection."""
    q, k, v = (linear(w, x, f"blk.{layer}.attn_{m}").unflatten(-1, (shape.heads, -1)).transpose(1, 2) for m in "qkv")
    weights = torch.softmax(q @ k.transpose(2, 3) / q.shape[-1] ** 0.5, dim=-1)
    return (weights @ v).transpose(1, 2).flatten(2)


def feed_forward(w: Weights, layer: int, x: Tensor) -> Tensor:
    """Before the down projection."""
    return F.gelu(linear(w, x, f"blk.{layer}.ffn_up"))


def forward(w: Weights, shape: Shape, ids: Tensor) -> Tensor:
    """ids [n, tokens] -> mean-pooled rows of unit length [n, width]."""
    x = embed_tokens(w, shape, ids)
    for layer in range(shape.layers):
        b = f"blk.{layer}"
        x = norm(w, shape, x + linear(w, attention(w, shape, layer, x), f"{b}.attn_output"), f"{b}.attn_output_norm")
        x = norm(w, shape, x + linear(w, feed_forward(w, layer, x), f"{b}.ffn_down"), f"{b}.layer_output_norm")
    return F.normalize(x.mean(dim=1), dim=-1)


class Embedder:
    def __init__(self, weights: Weights, shape: Shape, tokenizer: BertWordPieceTokenizer, max_tokens: int):
        self.weights, self.shape, self.tokenizer = weights, shape, tokenizer
        self.tokenizer.enable_truncation(max_tokens)

    def tokenize(self, texts: list[str]) -> list[list[int]]:
        return [e.ids for e in self.tokenizer.encode_batch(texts)]

    @torch.inference_mode()
    def embed(self, texts: list[str], batch: int = 32) -> np.ndarray:
        by_length: dict[int, list[int]] = defaultdict(list)
        ids = self.tokenize(texts)
        for i, row in enumerate(ids):
            by_length[len(row)].append(i)
        out = np.zeros((len(texts), self.shape.width), np.float32)
        for members in by_length.values():
            for start in range(0, len(members), batch):
                part = members[start : start + batch]
                out[part] = forward(self.weights, self.shape, torch.tensor([ids[i] for i in part])).numpy()
        return out


def load_shipped(folder: str | Path) -> Embedder:
    """Reads `manifest.json` and the GGUF it names."""
    folder = Path(folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf8"))
    kind = (manifest["format"], manifest["architecture"], manifest["pooling"])
    if kind != ("switchyard-embedder", "bert", "mean"):
        raise ValueError(f"{folder}/manifest.json: {kind}, expected a mean-pooled BERT embedder package")
    meta, weights = read_gguf(folder / manifest["file"]["path"])
    shape = Shape(
        layers=int(meta["bert.block_count"]),
        width=int(meta["bert.embedding_length"]),
        heads=int(meta["bert.attention.head_count"]),
        epsilon=float(meta["bert.attention.layer_norm_epsilon"]),
    )
    return Embedder(weights, shape, wordpiece(meta["tokenizer.ggml.tokens"]), manifest["max_tokens"])
