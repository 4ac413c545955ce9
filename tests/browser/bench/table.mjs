// Figures of several runs, as rows of text.

/** @param {number[]} values @returns {{ median: number, min: number, max: number }} */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/** A row: what, its median, and between which values the runs lay. */
export function row(what, values, unit) {
  const { median, min, max } = spread(values);
  const digits = median >= 100 ? 0 : 2;
  const [mid, low, high] = [median, min, max].map((value) => value.toFixed(digits));
  return `${what.padEnd(34)} ${mid.padStart(9)} ${unit.padEnd(5)} ${low} – ${high}`;
}
