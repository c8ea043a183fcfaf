import { toInt } from '../../formats/onnx/tensor.ts';

/** Bits and sign of small integers. */
export const RANGES: Readonly<Record<number, readonly [bits: number, signed: boolean]>> = {
  2: [8, false],
  3: [8, true],
  4: [16, false],
  5: [16, true],
};

/** Keeps the lowest bits, as a cast to a small integer. */
export function wrap([bits, signed]: readonly [number, boolean]): (v: number) => number {
  const shift = 32 - bits;
  return (v) => (signed ? (toInt(v) << shift) >> shift : (toInt(v) << shift) >>> shift);
}
