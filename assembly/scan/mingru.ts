import { complementOf, sigmoidDecay, sigmoidOf } from '../math/sigmoid';
import { flush, loadLanes, madd, storeLanes } from '../simd';

// minGRU (Feng et al. 2024): z = σ(a_z), n = a_n, h = (1 − z) ⊙ h0 + z ⊙ n; a = x·W_ihᵀ + b_ih, rows z n.

/** One step of m rows from a [m, 2H] and h0 [m, H]: the state to h and y, both [m, H]; h may be h0, y may be h. */
export function mingruForward(m: i32, H: i32, a: usize, h0: usize, h: usize, y: usize): void {
  const s = (<usize>H) << 2;
  for (; m > 0; m--, a += s << 1, h0 += s, h += s, y += s) {
    let o: usize = 0;
    for (; o + 16 <= s; o += 16) forwardLanes(4, o, s, a, h0, h, y);
    if (o < s) forwardLanes(H & 3, o, s, a, h0, h, y);
  }
}

// @ts-ignore: decorator
@inline
function forwardLanes(n: i32, o: usize, s: usize, a: usize, h0: usize, h: usize, y: usize): void {
  const az = loadLanes(a + o, n);
  const e = sigmoidDecay(az);
  const old = f32x4.mul(complementOf(az, e), loadLanes(h0 + o, n));
  const state = flush(madd(sigmoidOf(az, e), loadLanes(a + s + o, n), old));
  storeLanes(h + o, state, n);
  storeLanes(y + o, state, n);
}

/** The step back: a [m, 2H] becomes dL/da; dh [m, H], to which dy (0: none) is added, dL/dh0. */
export function mingruBackward(m: i32, H: i32, a: usize, h0: usize, dh: usize, dy: usize): void {
  const s = (<usize>H) << 2;
  for (; m > 0; m--, a += s << 1, h0 += s, dh += s) {
    let o: usize = 0;
    for (; o + 16 <= s; o += 16) backwardLanes(4, o, s, a, h0, dh, dy);
    if (o < s) backwardLanes(H & 3, o, s, a, h0, dh, dy);
    if (dy) dy += s;
  }
}

// @ts-ignore: decorator
@inline
function backwardLanes(n: i32, o: usize, s: usize, a: usize, h0: usize, dh: usize, dy: usize): void {
  const az = loadLanes(a + o, n);
  const candidate = loadLanes(a + s + o, n);
  let d = loadLanes(dh + o, n);
  if (dy) d = f32x4.add(d, loadLanes(dy + o, n));
  const e = sigmoidDecay(az);
  const u = complementOf(az, e);
  const dn = f32x4.mul(d, sigmoidOf(az, e));
  const dz = f32x4.mul(f32x4.mul(dn, u), f32x4.sub(candidate, loadLanes(h0 + o, n)));
  storeLanes(a + o, flush(dz), n);
  storeLanes(a + s + o, flush(dn), n);
  storeLanes(dh + o, flush(f32x4.mul(d, u)), n);
}
