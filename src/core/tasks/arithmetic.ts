/** Key of a sum of two numbers in either order; sums, the differences that undo them and chains of both are split by it. */
export const sumKey = (a: number, b: number): string => `${String(Math.min(a, b))}+${String(Math.max(a, b))}`;
