/** A duration in seconds, in the unit that suits it. */
export function timeText(seconds: number): string {
  if (seconds < 1) return `${String(Math.max(1, Math.round(seconds * 1000)))} ms`;
  if (seconds < 90) return `${String(Math.round(seconds))} s`;
  if (seconds < 5400) return `${String(Math.round(seconds / 60))} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
