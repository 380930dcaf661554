/**
 * The llama with LoRA experts once more, as its definition reads: every token from the beginning, no cache, no stacking,
 * double precision. Slow on purpose; what backends are compared with on the tiny package.
 */
import { dequantise, unpermute } from '../../src/formats/ggml.ts';
import type { GgufTensor } from '../../src/formats/gguf.ts';
import { moduleShape, type Llama, type ModuleName } from '../../src/formats/llama.ts';
import type { LoraAdapter } from '../../src/formats/peft.ts';
import type { SiteRoutes, Unit } from './backend.ts';

type Vector = Float64Array<ArrayBuffer>;

export interface ReferenceResult {
  /** `[token][vocabulary]` */
  readonly logits: readonly Vector[];
  /** `[site][token][width]`, what the router reads. */
  readonly inputs: readonly (readonly Vector[])[];
}

/** Weights over units at a site, for all tokens of the sequence; null routes nothing. */
export type ReferenceRoutes = (site: number) => SiteRoutes | null;

/** @param units what the unit numbers of the routes mean; whole experts unless given */
export function referenceForward(
  llama: Llama,
  adapters: readonly LoraAdapter[],
  ids: readonly number[],
  routes: ReferenceRoutes = () => null,
  units: readonly Unit[] = adapters.map(({ rank }, expert) => ({ expert, rankFrom: 0, rankTo: rank })),
): ReferenceResult {
  const { shape, gguf } = llama;
  const { heads, kvHeads, headDim, width, rmsEpsilon, ropeBase } = shape;
  const inputs: Vector[][] = [];
  const table = rowsOf(llama, llama.embedding);
  let x = ids.map((id) => Float64Array.from(at(table, id)));
  llama.layers.forEach((layer, l) => {
    const normed = (weight: GgufTensor): Vector[] => {
      const scale = dequantise(gguf, weight);
      const u = x.map((row) => rms(row, scale, rmsEpsilon));
      inputs.push(u);
      return u;
    };
    /** W u plus the update of the units chosen for each token. */
    const linear = (name: ModuleName, tensor: GgufTensor, u: readonly Vector[], site: number): Vector[] => {
      const permuted = name === 'q_proj' || name === 'k_proj';
      const W = rowsOf(llama, tensor, permuted ? unpermute(headDim) : undefined);
      const chosen = routes(site);
      return u.map((row, token) => {
        const y = multiply(W, row);
        if (chosen !== null) add(y, update(llama, adapters, units, { layer: l, name }, chosen, token, row));
        return y;
      });
    };
    const u = normed(layer.attnNorm);
    const q = linear('q_proj', layer.q, u, 2 * l).map((row, t) => rotate(row, t, headDim, ropeBase));
    const k = linear('k_proj', layer.k, u, 2 * l).map((row, t) => rotate(row, t, headDim, ropeBase));
    const v = linear('v_proj', layer.v, u, 2 * l);
    const Wo = rowsOf(llama, layer.o);
    const attended = q.map((row, t) => attend(row, k.slice(0, t + 1), v.slice(0, t + 1), heads, kvHeads, headDim));
    x = x.map((row, t) => sum(row, multiply(Wo, at(attended, t))));

    const f = normed(layer.ffnNorm);
    const gate = linear('gate_proj', layer.gate, f, 2 * l + 1);
    const up = linear('up_proj', layer.up, f, 2 * l + 1);
    const Wd = rowsOf(llama, layer.down);
    x = x.map((row, t) => {
      const a = at(gate, t);
      const b = at(up, t);
      const hidden = a.map((value, i) => (value / (1 + Math.exp(-value))) * at(b, i));
      return sum(row, multiply(Wd, hidden));
    });
  });
  const last = dequantise(gguf, llama.outputNorm);
  const head = rowsOf(llama, llama.head);
  if (x.some((row) => row.length !== width)) throw new Error('a row of another width');
  return { logits: x.map((row) => multiply(head, rms(row, last, rmsEpsilon))), inputs };
}

/** The sum over a token's units, from the formulas at `Mix`. */
function update(
  llama: Llama,
  adapters: readonly LoraAdapter[],
  units: readonly Unit[],
  place: { readonly layer: number; readonly name: ModuleName },
  routes: SiteRoutes,
  token: number,
  u: Vector,
): Vector {
  const [out, input] = moduleShape(llama.shape, place.name);
  const y = new Float64Array(out);
  const mixedA: Vector[] = [];
  const mixedB: Vector[] = [];
  for (let slot = 0; slot < routes.slots; slot++) {
    const unit = at(routes.units, token * routes.slots + slot);
    const weight = at(routes.weights, token * routes.slots + slot);
    if (unit < 0) continue;
    const { expert, rankFrom, rankTo } = at(units, unit);
    const { scale, rank, modules } = at(adapters, expert);
    const module = modules.find(({ layer, name }) => layer === place.layer && name === place.name);
    if (module === undefined) continue;
    const { A, B } = module;
    for (let r = rankFrom; r < rankTo; r++) {
      const a = Float64Array.from(A.subarray(r * input, (r + 1) * input));
      const b = Float64Array.from({ length: out }, (_, o) => scale * at(B, o * rank + r));
      if (routes.mix === 'outputs') {
        const inner = weight * dot(a, u);
        add(
          y,
          b.map((value) => value * inner),
        );
      } else {
        mixedA[r] = sum(
          mixedA[r] ?? new Float64Array(input),
          a.map((value) => weight * value),
        );
        mixedB[r] = sum(
          mixedB[r] ?? new Float64Array(out),
          b.map((value) => weight * value),
        );
      }
    }
  }
  mixedA.forEach((a, r) => {
    const inner = dot(a, u);
    add(
      y,
      at(mixedB, r).map((value) => value * inner),
    );
  });
  return y;
}

/** Heads that share keys and values are neighbours. */
function attend(
  q: Vector,
  k: readonly Vector[],
  v: readonly Vector[],
  heads: number,
  kvHeads: number,
  headDim: number,
): Vector {
  const out = new Float64Array(heads * headDim);
  for (let h = 0; h < heads; h++) {
    const shared = Math.floor(h / (heads / kvHeads)) * headDim;
    const query = q.subarray(h * headDim, (h + 1) * headDim);
    const scores = k.map((row) => dot(query, row.subarray(shared, shared + headDim)) / Math.sqrt(headDim));
    const largest = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - largest));
    const total = weights.reduce((n, w) => n + w, 0);
    for (let i = 0; i < headDim; i++) {
      out[h * headDim + i] = weights.reduce((n, w, t) => n + (w / total) * at(at(v, t), shared + i), 0);
    }
  }
  return out;
}

/** Rotary embedding of every head, its two halves being the two coordinates of each pair. */
function rotate(row: Vector, position: number, headDim: number, base: number): Vector {
  const half = headDim / 2;
  return row.map((value, index) => {
    const within = index % headDim;
    const i = within % half;
    const angle = position * base ** (-i / half);
    const other = at(row, within < half ? index + half : index - half);
    return value * Math.cos(angle) + (within < half ? -other : other) * Math.sin(angle);
  });
}

function rms(row: Vector, weight: Float32Array, epsilon: number): Vector {
  const mean = dot(row, row) / row.length;
  return row.map((value, i) => (value / Math.sqrt(mean + epsilon)) * at(weight, i));
}

// ---- plain linear algebra ---------------------------------------------------------------------------------------------

function rowsOf({ gguf }: Llama, tensor: GgufTensor, source?: (row: number) => number): readonly Float32Array[] {
  const all = dequantise(gguf, tensor, source === undefined ? {} : { source });
  const length = tensor.dims[0] ?? 0;
  return Array.from({ length: all.length / length }, (_, row) => all.subarray(row * length, (row + 1) * length));
}

function dot(a: Vector | Float32Array, b: Vector | Float32Array): number {
  let n = 0;
  for (let i = 0; i < a.length; i++) n += at(a, i) * at(b, i);
  return n;
}

const multiply = (W: readonly Float32Array[], u: Vector): Vector => Float64Array.from(W, (row) => dot(row, u));
const sum = (a: Vector, b: Vector): Vector => a.map((value, i) => value + at(b, i));
const add = (to: Vector, b: Vector): void => {
  to.forEach((value, i) => (to[i] = value + at(b, i)));
};

function at<T>(list: ArrayLike<T>, i: number): T {
  const value = list[i];
  if (value === undefined) throw new RangeError(`element ${String(i)} of ${String(list.length)}`);
  return value;
}
