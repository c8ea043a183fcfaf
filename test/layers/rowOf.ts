/** The first steps of row b of [T, B, C]. */
export function rowOf(
  { data, shape }: { data: Float32Array; shape: readonly number[] },
  b: number,
  steps: number,
): Float64Array {
  const [, rows, C] = shape as [number, number, number];
  const at = (t: number) => [...data.slice((t * rows + b) * C, (t * rows + b + 1) * C)];
  return Float64Array.from(Array.from({ length: steps }, (_, t) => at(t)).flat());
}
