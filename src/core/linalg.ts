/** Dense linear algebra for small matrices, in double precision. */

export interface Eigen {
  /** Falling. */
  readonly values: Float64Array;
  /** `[k][n]`: row k is the unit eigenvector of value k. */
  readonly vectors: Float64Array;
}

const SWEEPS = 60;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations; for n up to about 64.
 *
 * @param matrix `[n][n]`, row-major; only its symmetric part counts. Not changed.
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): Eigen {
  const a = new Float64Array(n * n);
  const v = new Float64Array(n * n);
  // Entries of size at most 1, so that their squares neither overflow nor vanish.
  let size = 0;
  for (let i = 0; i < n * n; i++) size = Math.max(size, Math.abs(matrix[i] ?? 0));
  for (let i = 0; i < n; i++) {
    if (size > 0)
      for (let j = 0; j < n; j++)
        a[i * n + j] = ((matrix[i * n + j] ?? 0) / size + (matrix[j * n + i] ?? 0) / size) / 2;
    v[i * n + i] = 1;
  }
  for (let sweep = 0; sweep < SWEEPS && !isDiagonal(a, n); sweep++)
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => (a[j * n + j] ?? 0) - (a[i * n + i] ?? 0) || i - j,
  );
  const vectors = new Float64Array(n * n);
  order.forEach((row, k) => {
    vectors.set(v.subarray(row * n, (row + 1) * n), k * n);
  });
  return { values: Float64Array.from(order, (i) => size * (a[i * n + i] ?? 0)), vectors };
}

/** Whether what stands beside the diagonal is lost in its rounding. */
function isDiagonal(a: Float64Array, n: number): boolean {
  let off = 0;
  let all = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const square = (a[i * n + j] ?? 0) ** 2;
      all += square;
      if (i !== j) off += square;
    }
  return off <= 1e-30 * all;
}

/** Makes a[p][q] zero by a rotation in the plane of p and q; the rows of `v` gather the eigenvectors. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q] ?? 0;
  if (apq === 0) return;
  const theta = ((a[q * n + q] ?? 0) - (a[p * n + p] ?? 0)) / (2 * apq);
  // For a large theta its square may overflow; t is then 1 / (2 theta).
  const t =
    Math.abs(theta) > 1e150 ? 0.5 / theta : Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const x = a[p * n + k] ?? 0;
    const y = a[q * n + k] ?? 0;
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const x = a[k * n + p] ?? 0;
    const y = a[k * n + q] ?? 0;
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
    const vx = v[p * n + k] ?? 0;
    const vy = v[q * n + k] ?? 0;
    v[p * n + k] = c * vx - s * vy;
    v[q * n + k] = s * vx + c * vy;
  }
  a[p * n + q] = 0;
  a[q * n + p] = 0;
}
