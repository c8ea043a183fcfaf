import { hmax, loadTail } from '../simd';

// A quantized row: with one plane q = round(x / s) + z in 0…127, with two q = 128·upper + lower in 0…16383, 7 bits each. The
// range is that of the row and 0, which is exact: z = round(−lowest / s). Each plane is k bytes rounded up to 16; what lies
// behind the row meets weights that are 0. Next to each row INFO bytes: f32 s, i32 upper and lower part of z (with one
// plane: z).

/** Bytes next to each row. */
// @ts-ignore: decorator
@inline
export const INFO: usize = 16;

/** Bytes of a plane of a row of k. */
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

/** Quantizes m rows of k floats, `ldx` bytes apart: q [m, planes, planeBytes(k)], info [m]. NaN and infinities reach s. */
export function quantizeRows(m: i32, k: i32, planes: i32, x: usize, ldx: usize, q: usize, info: usize): void {
  const plane = planeBytes(k);
  const top: f32 = planes == 1 ? 127 : 16383;
  const most = i16x8.splat(planes == 1 ? 127 : 16383);
  const low7 = i16x8.splat(127);
  for (; m > 0; m--, x += ldx, q += plane * <usize>planes, info += INFO) {
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
    store<i32>(info, planes == 1 ? z : z >> 7, 4);
    store<i32>(info, z & 127, 8);
    const by = f32x4.splat(inverse);
    const zero = i32x4.splat(z);
    for (let j = 0; j < k; j += 16) {
      const p = x + ((<usize>j) << 2);
      const n = k - j;
      const a = clamped(rounded(lanes(p, n), by, zero), rounded(lanes(p + 16, n - 4), by, zero), most);
      const b = clamped(rounded(lanes(p + 32, n - 8), by, zero), rounded(lanes(p + 48, n - 12), by, zero), most);
      const to = q + <usize>j;
      if (planes == 1) {
        v128.store(to, i8x16.narrow_i16x8_u(a, b));
      } else {
        v128.store(to, i8x16.narrow_i16x8_u(i16x8.shr_u(a, 7), i16x8.shr_u(b, 7)));
        v128.store(to + plane, i8x16.narrow_i16x8_u(v128.and(a, low7), v128.and(b, low7)));
      }
    }
  }
}
