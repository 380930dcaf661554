/** Random numbers of the test models: mulberry32 and Box and Muller, the same on every machine but for the last bits of cosine. */

export interface Random {
  /** Normal deviates, `count` of them. */
  readonly normals: (count: number, deviation: number, mean?: number) => Float32Array;
  /** `[rows][width]`, each row of unit length. */
  readonly unitRows: (rows: number, width: number) => Float32Array;
}

export function random(seed: number): Random {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const normals = (count: number, deviation: number, mean = 0): Float32Array =>
    Float32Array.from({ length: count }, () => mean + deviation * normal());
  const unitRows = (rows: number, width: number): Float32Array => {
    const data = normals(rows * width, 1);
    for (let r = 0; r < rows; r++) {
      const row = data.subarray(r * width, (r + 1) * width);
      const norm = Math.hypot(...row);
      row.forEach((value, i) => (row[i] = value / norm));
    }
    return data;
  };
  return { normals, unitRows };
}
