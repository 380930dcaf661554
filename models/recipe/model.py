"""A compact llama-architecture forward pass in f32 with routing sites and low-rank experts.

It reads the published GGUF and computes what the browser computes: at every *site* (the normalised input `u` of the
attention, read by q, k, v; the normalised input of the FFN, read by gate, up) a rule gives each token weights over the
experts, and each module m of the site adds the experts' low-rank updates to its output:

    mix 'outputs':  y = W u + sum_e w_e s_e B_e A_e u
    mix 'factors':  y = W u + (sum_e w_e s_e B_e) (sum_e w_e A_e) u        (s_e = alpha / r of expert e)

Shapes: B batch, T tokens, S columns of the cache, d width (576), E experts, r rank, V vocabulary. Site number is
2 * layer for the attention input and 2 * layer + 1 for the FFN input.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Mix = Literal["outputs", "factors"]

#: Modules of a site, in the order of the manifest: site = 2 * layer + index.
SITE_MODULES: tuple[tuple[str, ...], ...] = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))
#: Module -> the block of a Hugging Face layer that holds it (names of PEFT tensors).
BLOCK = {"q_proj": "self_attn", "k_proj": "self_attn", "v_proj": "self_attn", "gate_proj": "mlp", "up_proj": "mlp"}
MODULES = tuple(BLOCK)

#: (site, u) -> weights over experts. u is [T, d] where `forward` was given ids [T], [B, T, d] where it was given
#: [B, T]; the weights have the shape of u with d replaced by E. None: no expert at this site.
Route = Callable[[int, Tensor], "Tensor | None"]


@dataclass(frozen=True)
class Config:
    layers: int
    width: int
    heads: int
    kv_heads: int
    head_size: int
    ffn: int
    vocabulary: int
    rope_base: float
    epsilon: float
    context: int

    @property
    def sites(self) -> int:
        return len(SITE_MODULES) * self.layers

    def module_shape(self, module: str) -> tuple[int, int]:
        """(outputs, inputs) of a linear module."""
        q, kv = self.heads * self.head_size, self.kv_heads * self.head_size
        outputs = {"q_proj": q, "k_proj": kv, "v_proj": kv, "gate_proj": self.ffn, "up_proj": self.ffn}[module]
        return outputs, self.width


@dataclass
class ExpertStack:
    """All experts side by side. `a[layer][module]` is [E, r, d], `b[layer][module]` is [E, out, r], unscaled;
    `scale` is [E] (alpha / r). Ranks are equal over the experts of a stack."""

    a: list[dict[str, Tensor]]
    b: list[dict[str, Tensor]]
    scale: Tensor

    def update(self, layer: int, module: str, u: Tensor, weights: Tensor, mix: Mix) -> Tensor:
        """The experts' addend to a module's output: u [..., d], weights [..., E] -> [..., out]."""
        a, b = self.a[layer][module], self.b[layer][module]
        experts, rank, width = a.shape
        low = F.linear(u, a.reshape(experts * rank, width)).unflatten(-1, (experts, rank))
        scaled = weights * self.scale
        if mix == "outputs":
            low = low * scaled.unsqueeze(-1)
        else:
            low = scaled.unsqueeze(-1) * (low * weights.unsqueeze(-1)).sum(-2, keepdim=True)
        return F.linear(low.flatten(-2), b.transpose(0, 1).reshape(b.shape[1], experts * rank))


def stack_experts(stacks: list[ExpertStack]) -> ExpertStack:
    """Joins stacks along the expert axis, in order."""
    layers = range(len(stacks[0].a))
    return ExpertStack(
        [{m: torch.cat([s.a[i][m] for s in stacks]) for m in MODULES} for i in layers],
        [{m: torch.cat([s.b[i][m] for s in stacks]) for m in MODULES} for i in layers],
        torch.cat([s.scale for s in stacks]),
    )


@dataclass
class Cache:
    """Keys and values of what was fed so far: per layer [B, kv_heads, S, head_size]."""

    keys: list[Tensor] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)

    @property
    def length(self) -> int:
        return self.keys[0].shape[2] if self.keys else 0

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        if layer == len(self.keys):
            self.keys.append(keys)
            self.values.append(values)
        else:
            self.keys[layer] = torch.cat([self.keys[layer], keys], dim=2)
            self.values[layer] = torch.cat([self.values[layer], values], dim=2)
        return self.keys[layer], self.values[layer]

    def fork(self) -> "Cache":
        return Cache(list(self.keys), list(self.values))

    def truncate(self, length: int) -> None:
        self.keys = [k[:, :, :length] for k in self.keys]
        self.values = [v[:, :, :length] for v in self.values]


def rms_norm(x: Tensor, gain: Tensor, epsilon: float) -> Tensor:
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon) * gain


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding in the half-split layout (Hugging Face's): x [B, H, T, hd], cos and sin [B, 1, T, hd]."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Model:
    """A frozen llama base. `weights[layer][name]` are f32 [out, in] in Hugging Face's row order."""

    def __init__(self, config: Config, embedding: Tensor, final_norm: Tensor, layers: list[dict[str, Tensor]]):
        self.config = config
        self.embedding = embedding  # [V, d]; also the head (tied)
        self.final_norm = final_norm
        self.layers = layers
        half = torch.arange(0, config.head_size, 2, dtype=torch.float32) / config.head_size
        self.frequencies = 1.0 / config.rope_base**half

    @staticmethod
    def from_gguf(path: str) -> "Model":
        """Dequantises a llama-architecture GGUF to f32. Rows of q and k are put back into Hugging Face's order (the
        file holds them permuted for interleaved rotation), so that PEFT adapters fit as they are."""
        from gguf import GGUFReader
        from gguf.quants import dequantize

        reader = GGUFReader(path)

        def number(key: str, default: float | None = None) -> float:
            item = reader.get_field(key)
            if item is None:
                if default is None:
                    raise ValueError(f"{path}: metadata {key} is missing")
                return default
            return item.contents()

        architecture = reader.get_field("general.architecture").contents()
        if architecture != "llama":
            raise ValueError(f"{path}: architecture {architecture!r}, expected 'llama'")
        tensors = {
            t.name: torch.from_numpy(dequantize(t.data, t.tensor_type).astype("float32", copy=True))
            for t in reader.tensors
        }
        if "output.weight" in tensors:
            raise ValueError(f"{path}: has a head of its own; only a head tied to the embedding is read")
        heads, width = int(number("llama.attention.head_count")), int(number("llama.embedding_length"))
        config = Config(
            layers=int(number("llama.block_count")),
            width=width,
            heads=heads,
            kv_heads=int(number("llama.attention.head_count_kv", heads)),
            head_size=int(number("llama.attention.key_length", width // heads)),
            ffn=int(number("llama.feed_forward_length")),
            vocabulary=tensors["token_embd.weight"].shape[0],
            rope_base=float(number("llama.rope.freq_base", 10000.0)),
            epsilon=float(number("llama.attention.layer_norm_rms_epsilon")),
            context=int(number("llama.context_length")),
        )

        def unpermuted(weight: Tensor, n: int) -> Tensor:
            return weight.reshape(n, config.head_size // 2, 2, -1).transpose(1, 2).reshape(weight.shape).contiguous()

        layers = []
        for i in range(config.layers):
            block = {
                name: tensors[f"blk.{i}.{gguf}.weight"]
                for name, gguf in {
                    "attn_norm": "attn_norm", "q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v",
                    "o_proj": "attn_output", "ffn_norm": "ffn_norm", "gate_proj": "ffn_gate", "up_proj": "ffn_up",
                    "down_proj": "ffn_down",
                }.items()
            }  # fmt: skip
            block["q_proj"] = unpermuted(block["q_proj"], config.heads)
            block["k_proj"] = unpermuted(block["k_proj"], config.kv_heads)
            layers.append(block)
        return Model(config, tensors["token_embd.weight"], tensors["output_norm.weight"], layers)

    def forward(
        self,
        ids: Tensor,
        cache: Cache | None = None,
        route: Route | None = None,
        experts: ExpertStack | None = None,
        mix: Mix = "outputs",
        positions: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Hidden states after the final norm: ids [T] -> [T, d], ids [B, T] -> [B, T, d].

        With a cache the new tokens follow what it holds. `route` is called at every site in order, also when
        `experts` is None (to look at `u` only). Batches of unequal rows are padded on the right; `positions` [B, T]
        and `mask` [B, 1, T, S] (True = may look) are then given for continued rows.
        """
        single = ids.dim() == 1
        rows = ids.unsqueeze(0) if single else ids
        config = self.config
        past = cache.length if cache is not None else 0
        count = rows.shape[1]
        if positions is None:
            positions = torch.arange(past, past + count).unsqueeze(0)
        if mask is None and past > 0 and count > 1:
            mask = torch.arange(past + count) <= positions.unsqueeze(-1)
            mask = mask.unsqueeze(1)
        causal = mask is None and count > 1
        angles = positions.unsqueeze(-1) * self.frequencies
        angles = torch.cat((angles, angles), dim=-1).unsqueeze(1)
        cos, sin = angles.cos(), angles.sin()

        def weights_at(site: int, u: Tensor) -> Tensor | None:
            if route is None:
                return None
            weights = route(site, u.squeeze(0) if single else u)
            return weights.unsqueeze(0) if weights is not None and single else weights

        def linear(layer: int, module: str, u: Tensor, weights: Tensor | None) -> Tensor:
            y = F.linear(u, self.layers[layer][module])
            return y if weights is None or experts is None else y + experts.update(layer, module, u, weights, mix)

        def split(x: Tensor, heads: int) -> Tensor:
            return x.unflatten(-1, (heads, config.head_size)).transpose(1, 2)

        x = F.embedding(rows, self.embedding)
        for layer, block in enumerate(self.layers):
            u = rms_norm(x, block["attn_norm"], config.epsilon)
            w = weights_at(2 * layer, u)
            q = rotate(split(linear(layer, "q_proj", u, w), config.heads), cos, sin)
            k = rotate(split(linear(layer, "k_proj", u, w), config.kv_heads), cos, sin)
            v = split(linear(layer, "v_proj", u, w), config.kv_heads)
            if cache is not None:
                k, v = cache.append(layer, k, v)
            group = config.heads // config.kv_heads
            k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
            x = x + F.linear(y.transpose(1, 2).flatten(-2), block["o_proj"])
            u = rms_norm(x, block["ffn_norm"], config.epsilon)
            w = weights_at(2 * layer + 1, u)
            h = F.silu(linear(layer, "gate_proj", u, w)) * linear(layer, "up_proj", u, w)
            x = x + F.linear(h, block["down_proj"])
        x = rms_norm(x, self.final_norm, config.epsilon)
        return x.squeeze(0) if single else x

    def logits(self, hidden: Tensor) -> Tensor:
        """[..., d] -> [..., V]; the head is tied to the embedding."""
        return F.linear(hidden, self.embedding)
