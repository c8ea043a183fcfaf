import { keyOf } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { ModelBase } from '../model/core/modelBase.ts';
import { ownModel } from '../model/ownModel.ts';
import { bytesOf, rewritten } from './file.ts';

/** Type of 16-bit floating-point numbers: bfloat16 has the range of float32 and 8 bits, float16 11 bits up to 65504. */
export type HalfType = 'bf16' | 'f16';

const TYPES = {
  bf16: { dtype: 'BF16', convert: toBrain, infinity: 0x7f80, most: 'numbers that bfloat16 has' },
  f16: { dtype: 'F16', convert: toHalf, infinity: 0x7c00, most: 'numbers of at most 65504, or bf16' },
} as const;

/**
 * Saves a model with 16-bit weights, half the size: each number rounded to the nearest one, ties to even. `load` of `unrolled`
 * reads the file, and gives exactly these numbers; saved again it is the same file.
 *
 * @throws {ArgumentError} if the type is unknown, a finite weight rounds to infinity, metadata values are not
 * strings, or a key is `unrolled`
 */
export function saveHalf(
  model: ModelBase,
  dtype: HalfType,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  ownModel(model);
  const type = TYPES[keyOf('dtype', dtype, TYPES)];
  return rewritten(model.save(metadata), (name, tensor) => {
    const { data } = tensor;
    if (tensor.dtype !== 'F32') return [{ ...tensor, name, data: bytesOf(data) }];
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    const out = Uint16Array.from(bits, type.convert);
    const lost = out.findIndex((half, i) => (half & 0x7fff) === type.infinity && Number.isFinite(data[i]));
    if (lost >= 0) throw new ArgumentError(`model (${name})`, type.most, data[lost]);
    return [{ ...tensor, name, dtype: type.dtype, data: bytesOf(out) }];
  });
}

/** The bits of a float32 to those of the nearest bfloat16, ties to even. NaN stays NaN. */
function toBrain(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** The bits of a float32 to those of the nearest float16, ties to even; beyond its range infinity. NaN stays NaN. */
function toHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00 | ((size >>> 13) & 0x3ff);
  // 65520 and above round to infinity
  if (size >= 0x477ff000) return sign | 0x7c00;
  const exponent = size >>> 23;
  // below 2^-14: subnormal, in units of 2^-24
  const shift = exponent < 113 ? 126 - exponent : 13;
  if (shift > 24) return sign;
  const mantissa = exponent < 113 ? (size & 0x7fffff) | 0x800000 : size - (112 << 23);
  const half = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (half + (rest > middle || (rest === middle && half & 1) ? 1 : 0));
}
