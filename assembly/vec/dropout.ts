import { loadLanes, storeLanes } from '../simd';

/**
 * y[n] = x[n] · m, m = scale with probability 1 − threshold/2^32, else 0; y may be x. The mask is a function of
 * (key, counter + i) alone, so the backward pass draws it again: dx = dropout(dy) with the same key and counter.
 * Lane i: counter + i, keyed, through the 32-bit finalizer of MurmurHash3 (Appleby) twice.
 */
export function dropout(
  n: i32, key: u32, counter: u32, threshold: u32, scale: f32, x: usize, y: usize,
): void {
  let i = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3));
  for (; n >= 4; n -= 4, x += 16, y += 16) {
    lanes(4, i, key, threshold, scale, x, y);
    i = i32x4.add(i, i32x4.splat(4));
  }
  if (n > 0) lanes(n, i, key, threshold, scale, x, y);
}

// @ts-ignore: decorator
@inline
function lanes(n: i32, i: v128, key: u32, threshold: u32, scale: f32, x: usize, y: usize): void {
  const r = mix(v128.xor(mix(v128.xor(i, i32x4.splat(key))), i32x4.splat(key * 0x9e3779b9 + 0x7f4a7c15)));
  // unsigned r >= threshold by way of signed: both shifted by 2^31
  const top = i32x4.splat(0x80000000);
  const keep = i32x4.ge_s(v128.xor(r, top), v128.xor(i32x4.splat(threshold), top));
  storeLanes(y, v128.and(keep, f32x4.mul(loadLanes(x, n), f32x4.splat(scale))), n);
}

// @ts-ignore: decorator
@inline
function mix(h: v128): v128 {
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
}
