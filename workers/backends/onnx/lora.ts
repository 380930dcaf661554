/**
 * LoRA of all experts at one routing site. The factors of the experts lie one after the other along the rank axis;
 * the host names the ranks that some token of the block uses (`ranks`) and how much each token uses each (`gates`), and
 * the graph gathers just those rows. Work and time follow the experts chosen, not the experts there are.
 */
import { moduleShape, type LlamaShape, type ModuleName } from '../../../src/formats/llama.ts';
import type { LoraAdapter, LoraModule } from '../../../src/formats/peft.ts';
import { float, int, ints, type Fill, type Graph } from './graph.ts';

export interface SiteLora {
  readonly layer: number;
  readonly modules: readonly ModuleName[];
  readonly adapters: readonly LoraAdapter[];
  readonly shape: LlamaShape;
}

/**
 * Adds the experts' updates to the modules' outputs, `base[m]` being `[T, outputs of m]` and `u` `[T, width]`.
 * Declares the inputs `ranks` int32 `[N]`, rows of the stacked factors, `gates` `[T, G]` and `factors` bool `[1]`;
 * see `Gates` for what they hold. N may be 0: the operators then cost next to nothing and leave `base` as it is.
 */
export function addLora(g: Graph, u: string, base: readonly string[], site: SiteLora): readonly string[] {
  const { modules, adapters, shape } = site;
  if (adapters.length === 0) return base;
  const total = adapters.reduce((n, adapter) => n + adapter.rank, 0);
  const { width } = shape;
  const ranks = g.input('ranks', 'int32', ['N']);
  const gates = g.input('gates', 'float32', ['T', 'G']);
  const factors = g.input('factors', 'bool', [1]);
  const A = g.weight([modules.length, total, width], fillA(site, total));
  const chosen = g.op('Reshape', [g.op('Gather', [A, ranks], { attributes: { axis: int(1) } }), g.int64(-1, width)]);
  // [T, modules · N]: every module has its own A and the same gates.
  const inner = gemm(g, u, chosen, { transposed: true });
  const mixed = g.branch(
    factors,
    ['T', 'MN'],
    (b) => mixFactors(b, inner, gates, ranks, site),
    (b) =>
      b.op('Mul', [
        inner,
        b.op(
          'Concat',
          modules.map(() => gates),
          { attributes: { axis: int(1) } },
        ),
      ]),
  );
  const parts = g.ops('Split', [mixed], modules.length, { attributes: { axis: int(1) } });
  return modules.map((module, m) => {
    const [out] = moduleShape(shape, module);
    const B = g.weight([total, out], fillB(site, module, out));
    return gemm(g, parts[m] ?? '', g.op('Gather', [B, ranks], { attributes: { axis: int(0) } }), {
      add: base[m] ?? '',
    });
  });
}

/**
 * (Σ w_k B_k)(Σ w_j A_j) u without adding a matrix: in the space of ranks, Σ_j w_j (A_j u) is one vector, which every
 * expert's B then reads with its own weight.
 */
function mixFactors(g: Graph, inner: string, gates: string, ranks: string, { modules, adapters }: SiteLora): string {
  const largest = adapters.reduce((n, { rank }) => Math.max(n, rank), 0);
  const places = adapters.flatMap(({ rank }) => Array.from({ length: rank }, (_, i) => i));
  // Row n is one at the place of rank n within its expert.
  const place = g.weight([places.length, largest], (out, offset) => {
    out.fill(0, offset, offset + places.length * largest);
    places.forEach((i, row) => {
      out[offset + row * largest + i] = 1;
    });
  });
  const fold = g.op('Gather', [place, ranks], { attributes: { axis: int(0) } });
  const [shares = '', scaled = ''] = g.ops('Split', [gates], 2, { attributes: { axis: int(1) } });
  const perModule = (value: string, rows: number): string => g.op('Reshape', [value, g.int64(0, rows, -1)]);
  const weighted = g.op('Mul', [perModule(inner, modules.length), perModule(shares, 1)]);
  const summed = g.op('MatMul', [weighted, fold]);
  const spread = g.op('MatMul', [summed, g.op('Transpose', [fold], { attributes: { perm: ints(1, 0) } })]);
  return g.op('Reshape', [g.op('Mul', [spread, perModule(scaled, 1)]), g.int64(0, -1)]);
}

/** a·b, or a·bᵀ when b is `transposed`, plus `add`. */
export function gemm(
  g: Graph,
  a: string,
  b: string,
  options: { readonly transposed?: boolean; readonly add?: string } = {},
): string {
  const inputs = options.add === undefined ? [a, b] : [a, b, options.add];
  return g.op('Gemm', inputs, {
    attributes: { transB: int(options.transposed === true ? 1 : 0), alpha: float(1), beta: float(1) },
  });
}

const find = ({ layer }: SiteLora, adapter: LoraAdapter, name: ModuleName): LoraModule | undefined =>
  adapter.modules.find((module) => module.layer === layer && module.name === name);

/** `[module][rank of all experts][width]`; a module that an adapter leaves alone stays zero. */
function fillA(site: SiteLora, total: number): Fill {
  return (out, offset) => {
    const { width } = site.shape;
    site.modules.forEach((name, m) => {
      let at = offset + m * total * width;
      for (const adapter of site.adapters) {
        const rows = adapter.rank * width;
        const module = find(site, adapter, name);
        if (module === undefined) out.fill(0, at, at + rows);
        else out.set(module.A, at);
        at += rows;
      }
    });
  };
}

/** `[rank of all experts][outputs]`: B is `[outputs][rank]` in the adapter, and rows are what is gathered. */
function fillB(site: SiteLora, name: ModuleName, outputs: number): Fill {
  return (out, offset) => {
    let at = offset;
    for (const adapter of site.adapters) {
      const module = find(site, adapter, name);
      if (module === undefined) out.fill(0, at, at + adapter.rank * outputs);
      else transpose(module.B, outputs, adapter.rank, out, at);
      at += adapter.rank * outputs;
    }
  };
}

function transpose(from: Float32Array, rows: number, columns: number, to: Float32Array, offset: number): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) to[offset + c * rows + r] = from[r * columns + c] ?? 0;
  }
}
