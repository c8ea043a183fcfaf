import { hmax, loadTail } from '../simd';

// A quantized row: with one plane of 7 bits q = round(x / s) + z in 0…127, with two 0…16383. The range is that of the row and
// 0, which is exact: z = round(−lowest / s). It is multiplied whole or in two parts, q = 128·upper + lower. Each part is k
// rounded up to 16 of bytes or of 16-bit words; what lies behind the row meets weights that are 0. Next to each row INFO
// bytes: f32 s, i32 upper and lower part of z (of a whole row: z).

/** Forms of a part: words; bytes that are multiplied pair by pair; bytes for which the engine has one instruction. */
export const WORDS = 0;
export const BYTES_BY_PAIRS = 1;
export const BYTES = 2;

/** The form of rows of k. */
export function formOf(k: i32, planes: i32): i32 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (!sumsSaturate(k > 0 ? 1 : 0)) return BYTES;
    if (planes == 1 || k > WHOLE) return BYTES_BY_PAIRS;
  }
  return WORDS;
}

/**
 * Whether the sum of four products of bytes is three instructions, as on x64 without VNNI: they saturate sums of two at
 * 2^15 − 1, which only activations beyond 7 bits reach. one: 1, so that it is not computed at compile time.
 */
// @ts-ignore: decorator
@inline
function sumsSaturate(one: i32): bool {
  if (ASC_FEATURE_RELAXED_SIMD) {
    const a = i8x16.splat(<i8>-one);
    const sums = i32x4.relaxed_dot_i8x16_i7x16_add_s(i8x16.splat(127), a, i32x4.splat(0));
    return i32x4.extract_lane(sums, 0) == 2 * 32767;
  }
  return false;
}

/** Most inputs for which the sum of products with 14 bits, at most k·2^7·(2^14 − 1), fits in 32 bits. */
const WHOLE = 1024;

/** Parts of a row. */
// @ts-ignore: decorator
@inline
export function partsOf(k: i32, planes: i32, form: i32): i32 {
  return planes == 2 && (form != WORDS || k > WHOLE) ? 2 : 1;
}

/** Bytes of a part of a row. */
// @ts-ignore: decorator
@inline
export function partBytes(k: i32, form: i32): usize {
  return planeBytes(k) << (form == WORDS ? 1 : 0);
}

/** Bytes next to each row. */
// @ts-ignore: decorator
@inline
export const INFO: usize = 16;

/** k rounded up to 16: bytes of a row of int8 weights. */
// @ts-ignore: decorator
@inline
export function planeBytes(k: i32): usize {
  return <usize>((k + 15) & ~15);
}

/** Four floats, or the first n of them and zeros. */
// @ts-ignore: decorator
@inline
function lanes(p: usize, n: i32): v128 {
  if (n >= 4) return v128.load(p);
  return n > 0 ? loadTail(p, n) : f32x4.splat(0);
}

/** round(x · inverse) + z as integers, saturated; NaN is z. */
// @ts-ignore: decorator
@inline
function rounded(x: v128, inverse: v128, z: v128): v128 {
  return i32x4.add(i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(x, inverse))), z);
}

/** Eight numbers clamped to 0…top, as 16-bit integers. */
// @ts-ignore: decorator
@inline
function clamped(a: v128, b: v128, top: v128): v128 {
  return i16x8.min_s(i16x8.max_s(i16x8.narrow_i32x4_s(a, b), i16x8.splat(0)), top);
}

/** Stores 16 numbers of 16 bits. */
// @ts-ignore: decorator
@inline
function store16(form: i32, to: usize, a: v128, b: v128): void {
  if (form == WORDS) {
    v128.store(to, a);
    v128.store(to, b, 16);
  } else v128.store(to, i8x16.narrow_i16x8_u(a, b));
}

/** Quantizes m rows of k floats, `ldx` bytes apart: q [m, parts, partBytes], info [m]. NaN and infinities reach s. */
export function quantizeRows(
  m: i32, k: i32, planes: i32, form: i32, x: usize, ldx: usize, q: usize, info: usize,
): void {
  const part = partBytes(k, form);
  const step: usize = form == WORDS ? 32 : 16;
  const parts = partsOf(k, planes, form);
  const top: f32 = planes == 1 ? 127 : 16383;
  const most = i16x8.splat(planes == 1 ? 127 : 16383);
  const low7 = i16x8.splat(127);
  for (; m > 0; m--, x += ldx, q += part * <usize>parts, info += INFO) {
    let high = f32x4.splat(0);
    let low = f32x4.splat(0);
    for (let j = 0; j < k; j += 4) {
      const v = lanes(x + ((<usize>j) << 2), k - j);
      high = f32x4.max(high, v);
      low = f32x4.max(low, f32x4.neg(v));
    }
    // apart, so that their sum does not overflow
    const below = hmax(low) / top;
    let s = hmax(high) / top + below;
    // 1 / s must be finite
    if (s < 1e-37) s = 0;
    const inverse: f32 = s == 0 ? 0 : 1 / s;
    const z = i32x4.extract_lane(rounded(f32x4.splat(below * inverse), f32x4.splat(top), i32x4.splat(0)), 0);
    store<f32>(info, s);
    store<i32>(info, parts == 1 ? z : z >> 7, 4);
    store<i32>(info, z & 127, 8);
    const by = f32x4.splat(inverse);
    const zero = i32x4.splat(z);
    let to = q;
    for (let j = 0; j < k; j += 16, to += step) {
      const p = x + ((<usize>j) << 2);
      const n = k - j;
      const a = clamped(rounded(lanes(p, n), by, zero), rounded(lanes(p + 16, n - 4), by, zero), most);
      const b = clamped(rounded(lanes(p + 32, n - 8), by, zero), rounded(lanes(p + 48, n - 12), by, zero), most);
      if (parts == 1) {
        store16(form, to, a, b);
      } else {
        store16(form, to, i16x8.shr_u(a, 7), i16x8.shr_u(b, 7));
        store16(form, to + part, v128.and(a, low7), v128.and(b, low7));
      }
    }
  }
}
