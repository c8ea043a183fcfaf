import { decay, slopeOf, tanhOf } from '../math/tanh';
import { flush, loadLanes, madd, storeLanes } from '../simd';

// IndRNN (Li et al. 2018): h = φ(a + v ⊙ h0), φ = tanh or, with relu, max(0, ·); a = x·W_ihᵀ + b_ih, v [H].

/**
 * One step of m rows from a [m, H], which becomes φ′, and h0 [m, H]: the state to h and y, both [m, H]; h may be h0, y
 * may be h.
 */
export function indrnnForward(
  m: i32, H: i32, relu: bool, a: usize, v: usize, h0: usize, h: usize, y: usize,
): void {
  const s = (<usize>H) << 2;
  for (; m > 0; m--, a += s, h0 += s, h += s, y += s) {
    let o: usize = 0;
    for (; o + 16 <= s; o += 16) forwardLanes(4, o, relu, a, v, h0, h, y);
    if (o < s) forwardLanes(H & 3, o, relu, a, v, h0, h, y);
  }
}

// @ts-ignore: decorator
@inline
function forwardLanes(
  n: i32, o: usize, relu: bool, a: usize, v: usize, h0: usize, h: usize, y: usize,
): void {
  const zero = f32x4.splat(0);
  const sum = madd(loadLanes(v + o, n), loadLanes(h0 + o, n), loadLanes(a + o, n));
  let state: v128;
  let slope: v128;
  if (relu) {
    state = f32x4.max(zero, sum);
    // not(sum <= 0), so that NaN keeps its gradient
    slope = v128.andnot(f32x4.splat(1), f32x4.le(sum, zero));
  } else {
    const z = decay(sum);
    state = tanhOf(sum, z);
    slope = slopeOf(z);
  }
  state = flush(state);
  storeLanes(a + o, slope, n);
  storeLanes(h + o, state, n);
  storeLanes(y + o, state, n);
}

/**
 * The step back, from the last row to the first: da [m, H] holds φ′ and becomes dL/da; dh [m, H], to which dy (0: none)
 * is added, dL/dh0; dv [H] is added to.
 */
export function indrnnBackward(
  m: i32, H: i32, da: usize, v: usize, h0: usize, dh: usize, dy: usize, dv: usize,
): void {
  const s = (<usize>H) << 2;
  const rows = <usize>m * s;
  da += rows;
  h0 += rows;
  dh += rows;
  if (dy) dy += rows;
  for (; m > 0; m--) {
    da -= s;
    h0 -= s;
    dh -= s;
    if (dy) dy -= s;
    let o: usize = 0;
    for (; o + 16 <= s; o += 16) backwardLanes(4, o, da, v, h0, dh, dy, dv);
    if (o < s) backwardLanes(H & 3, o, da, v, h0, dh, dy, dv);
  }
}

// @ts-ignore: decorator
@inline
function backwardLanes(
  n: i32, o: usize, da: usize, v: usize, h0: usize, dh: usize, dy: usize, dv: usize,
): void {
  let d = loadLanes(dh + o, n);
  if (dy) d = f32x4.add(d, loadLanes(dy + o, n));
  const e = flush(f32x4.mul(d, loadLanes(da + o, n)));
  storeLanes(da + o, e, n);
  storeLanes(dh + o, flush(f32x4.mul(e, loadLanes(v + o, n))), n);
  storeLanes(dv + o, madd(e, loadLanes(h0 + o, n), loadLanes(dv + o, n)), n);
}
