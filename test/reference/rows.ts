/** a [rows, n] += bias [n] in place; no bias adds nothing. */
export function addBias(a: Float64Array, bias: Float64Array | undefined): void {
  if (!bias) return;
  const n = bias.length;
  for (let i = 0; i < a.length; i++) a[i]! += bias[i % n]!;
}

/** Σ over the rows of a [rows, n]: [n]. */
export function columnSums(a: Float64Array, n: number): Float64Array {
  const sums = new Float64Array(n);
  for (let i = 0; i < a.length; i++) sums[i % n]! += a[i]!;
  return sums;
}

/** [T, B, H] of the states each step starts from: first [B, H], then states [T, B, H] without its last step. */
export function previous(first: Float64Array, states: Float64Array): Float64Array {
  const shifted = new Float64Array(states.length);
  shifted.set(states.subarray(0, states.length - first.length), first.length);
  shifted.set(first);
  return shifted;
}
