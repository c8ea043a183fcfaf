import { flush, loadLanes, madd, storeLanes } from '../simd';

/**
 * y[n] = x[n] · m, m = scale with probability 1 − threshold/2^32, else 0; y may be x. The mask is a function of
 * (key, counter + i) only, so the backward pass draws it again: dx = dropout(dy) with the same key and counter.
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
  storeLanes(y, v128.and(drawn(i, key, threshold), f32x4.mul(loadLanes(x, n), f32x4.splat(scale))), n);
}

/** All bits set in the lanes whose number, drawn from key and i, is at least threshold. */
// @ts-ignore: decorator
@inline
function drawn(i: v128, key: u32, threshold: u32): v128 {
  const r = mix(v128.xor(mix(v128.xor(i, i32x4.splat(key))), i32x4.splat(key * 0x9e3779b9 + 0x7f4a7c15)));
  // unsigned r >= threshold by way of signed: both shifted by 2^31
  const top = i32x4.splat(0x80000000);
  return i32x4.ge_s(v128.xor(r, top), v128.xor(i32x4.splat(threshold), top));
}

// @ts-ignore: decorator
@inline
function mix(h: v128): v128 {
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
}

/**
 * dropout with one mask for all steps (Gal and Ghahramani, 2016): element j of row b draws counter b·n + j at each of T
 * steps. x and y: [N, n], the rows of a step after those of the step before; sizes: i32 [T], rows of each step, 0 for
 * B at all. y may be x.
 */
export function dropout_steps(
  T: i32, B: i32, n: i32, sizes: usize, key: u32, threshold: u32, scale: f32, x: usize, y: usize,
): void {
  for (let t = 0; t < T; t++) {
    const length = (sizes ? load<i32>(sizes + ((<usize>t) << 2)) : B) * n;
    dropout(length, key, 0, threshold, scale, x, y);
    x += (<usize>length) << 2;
    y += (<usize>length) << 2;
  }
}

/**
 * Zoneout (Krueger et al., 2017): x[n] = old[n] with probability threshold/2^32, else as it is. Draws as dropout: what
 * would be dropped keeps its old value.
 */
export function zoneout(n: i32, key: u32, counter: u32, threshold: u32, old: usize, x: usize): void {
  let i = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3));
  for (; n > 0; n -= 4, old += 16, x += 16) {
    const lanes = min(n, 4);
    storeLanes(x, v128.bitselect(loadLanes(x, lanes), loadLanes(old, lanes), drawn(i, key, threshold)), lanes);
    i = i32x4.add(i, i32x4.splat(4));
  }
}

/** Where zoneout with the same arguments kept old: dold[n] += dx[n], dx[n] = 0; elsewhere both stay. */
export function zoneout_backward(n: i32, key: u32, counter: u32, threshold: u32, dx: usize, dold: usize): void {
  let i = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3));
  for (; n > 0; n -= 4, dx += 16, dold += 16) {
    const lanes = min(n, 4);
    const changed = drawn(i, key, threshold);
    const d = loadLanes(dx, lanes);
    const o = loadLanes(dold, lanes);
    storeLanes(dold, v128.bitselect(o, f32x4.add(o, d), changed), lanes);
    storeLanes(dx, v128.and(d, changed), lanes);
    i = i32x4.add(i, i32x4.splat(4));
  }
}

/** What zoneout gives on average, for inference: x[n] += p·(old[n] − x[n]); subnormals become +0. */
export function zoneout_mean(n: i32, p: f32, old: usize, x: usize): void {
  for (; n > 0; n -= 4, old += 16, x += 16) {
    const lanes = min(n, 4);
    const v = loadLanes(x, lanes);
    storeLanes(x, flush(madd(f32x4.splat(p), f32x4.sub(loadLanes(old, lanes), v), v)), lanes);
  }
}
