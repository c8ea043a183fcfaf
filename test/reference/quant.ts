// Quantized products in float32 and integers, bit by bit as the kernels compute them (assembly/quant).

const { fround } = Math;
/** The nearest integer, halves to even. */
const roundEven = (v: number) => v + 1.5 * 2 ** 52 - 1.5 * 2 ** 52;

/** A quantized row: x ≈ s·(q − z). */
export interface QuantRow {
  readonly q: readonly number[];
  readonly s: number;
  readonly z: number;
}

export function quantizeRow(x: ArrayLike<number>, planes: number): QuantRow {
  const top = planes === 1 ? 127 : 16383;
  const values = Array.from(x);
  const high = Math.max(0, ...values);
  const below = fround(Math.max(0, ...values.map((v) => -v)) / top);
  let s = fround(fround(high / top) + below);
  if (s < fround(1e-37)) s = 0;
  const inverse = s === 0 ? 0 : fround(1 / s);
  const z = roundEven(fround(fround(below * inverse) * top)) || 0;
  const q = values.map((v) => Math.min(Math.max((roundEven(fround(v * inverse)) || 0) + z, 0), top));
  return { q, s, z };
}

/** init + x·Wᵀ of one row; w [n, k] int8 with a scale per output. */
export function quantLinear(
  x: ArrayLike<number>,
  planes: number,
  w: Int8Array,
  scales: Float32Array,
  init: (output: number) => number | undefined,
): Float32Array {
  const { q, s, z } = quantizeRow(x, planes);
  const k = q.length;
  return Float32Array.from(scales, (scale, j) => {
    const product = (part: (v: number) => number) =>
      q.reduce((sum, v, p) => sum + (part(v) - part(z)) * w[j * k + p]!, 0);
    const exact =
      planes === 1
        ? fround(product((v) => v))
        : fround(fround(product((v) => v >> 7)) * 128 + fround(product((v) => v & 127)));
    const value = fround(fround(exact * scale) * s);
    const start = init(j);
    return start === undefined ? value : fround(start + value);
  });
}
