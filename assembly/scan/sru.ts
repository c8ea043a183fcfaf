import { complementOf, sigmoidDecay, sigmoidOf } from '../math/sigmoid';
import { flush, loadLanes, madd, storeLanes } from '../simd';

// SRU (Lei et al. 2018): f = σ(a_f + v_f ⊙ c0), r = σ(a_r + v_r ⊙ c0), c = f ⊙ c0 + (1 − f) ⊙ u,
// y = r ⊙ c + (1 − r) ⊙ s; a [m, G] = x·W_ihᵀ + b_ih, rows u f r and, where x is not as wide as c, s; else s = x [m, H],
// and G = 3H instead of 4H. v [2H]: v_f v_r.

/**
 * One step of m rows from a, to which it adds what v does, and c0 [m, H]: c and y [m, H]; c may be c0. x: s, or 0 where
 * a has it.
 */
export function sruForward(
  m: i32, H: i32, G: i32, a: usize, v: usize, x: usize, c0: usize, c: usize, y: usize,
): void {
  const w = (<usize>H) << 2;
  for (; m > 0; m--, a += (<usize>G) << 2, c0 += w, c += w, y += w) {
    const s = x ? x : a + w * 3;
    let o: usize = 0;
    for (; o + 16 <= w; o += 16) forwardLanes(4, o, w, a, v, s, c0, c, y);
    if (o < w) forwardLanes(H & 3, o, w, a, v, s, c0, c, y);
    if (x) x += w;
  }
}

// @ts-ignore: decorator
@inline
function forwardLanes(
  n: i32, o: usize, w: usize, a: usize, v: usize, s: usize, c0: usize, c: usize, y: usize,
): void {
  const before = loadLanes(c0 + o, n);
  const af = madd(loadLanes(v + o, n), before, loadLanes(a + w + o, n));
  const ar = madd(loadLanes(v + w + o, n), before, loadLanes(a + w * 2 + o, n));
  storeLanes(a + w + o, af, n);
  storeLanes(a + w * 2 + o, ar, n);
  const ef = sigmoidDecay(af);
  const er = sigmoidDecay(ar);
  const taken = f32x4.mul(complementOf(af, ef), loadLanes(a + o, n));
  const after = flush(madd(sigmoidOf(af, ef), before, taken));
  const skip = f32x4.mul(complementOf(ar, er), loadLanes(s + o, n));
  storeLanes(c + o, after, n);
  storeLanes(y + o, flush(madd(sigmoidOf(ar, er), after, skip)), n);
}

/**
 * First half of the step back: dc [m, H] gets what dy [m, H] (0: none) brings, by way of y = r ⊙ c + (1 − r) ⊙ s;
 * dL/da_r to a, dL/ds to where s is: to a, or to dx unless that is 0.
 */
export function sruOutputBackward(
  m: i32, H: i32, G: i32, a: usize, x: usize, c: usize, dy: usize, dc: usize, dx: usize,
): void {
  const w = (<usize>H) << 2;
  for (; m > 0; m--, a += (<usize>G) << 2, c += w, dc += w) {
    const s = x ? x : a + w * 3;
    const ds = x ? dx : s;
    let o: usize = 0;
    for (; o + 16 <= w; o += 16) outputLanes(4, o, w, a, s, c, dy, dc, ds);
    if (o < w) outputLanes(H & 3, o, w, a, s, c, dy, dc, ds);
    if (x) x += w;
    if (dx) dx += w;
    if (dy) dy += w;
  }
}

// @ts-ignore: decorator
@inline
function outputLanes(
  n: i32, o: usize, w: usize,
  a: usize, s: usize, c: usize, dy: usize, dc: usize, ds: usize,
): void {
  const ar = loadLanes(a + w * 2 + o, n);
  const e = sigmoidDecay(ar);
  const skips = complementOf(ar, e);
  const d = dy ? loadLanes(dy + o, n) : f32x4.splat(0);
  const through = f32x4.mul(d, sigmoidOf(ar, e));
  const apart = f32x4.sub(loadLanes(c + o, n), loadLanes(s + o, n));
  storeLanes(a + w * 2 + o, flush(f32x4.mul(f32x4.mul(through, skips), apart)), n);
  storeLanes(dc + o, f32x4.add(loadLanes(dc + o, n), through), n);
  if (ds) storeLanes(ds + o, flush(f32x4.mul(d, skips)), n);
}

/**
 * Second half, from the last row to the first: dc [m, H], dL/dc, becomes dL/dc0; dL/du and dL/da_f to a, which holds
 * dL/da_r; dv [2H] is added to.
 */
export function sruStateBackward(
  m: i32, H: i32, G: i32, a: usize, v: usize, c0: usize, dc: usize, dv: usize,
): void {
  const w = (<usize>H) << 2;
  const rowG = (<usize>G) << 2;
  a += <usize>m * rowG;
  c0 += <usize>m * w;
  dc += <usize>m * w;
  for (; m > 0; m--) {
    a -= rowG;
    c0 -= w;
    dc -= w;
    let o: usize = 0;
    for (; o + 16 <= w; o += 16) stateLanes(4, o, w, a, v, c0, dc, dv);
    if (o < w) stateLanes(H & 3, o, w, a, v, c0, dc, dv);
  }
}

// @ts-ignore: decorator
@inline
function stateLanes(n: i32, o: usize, w: usize, a: usize, v: usize, c0: usize, dc: usize, dv: usize): void {
  const before = loadLanes(c0 + o, n);
  const af = loadLanes(a + w + o, n);
  const e = sigmoidDecay(af);
  const f = sigmoidOf(af, e);
  const d = loadLanes(dc + o, n);
  const du = f32x4.mul(d, complementOf(af, e));
  const df = flush(f32x4.mul(f32x4.mul(du, f), f32x4.sub(before, loadLanes(a + o, n))));
  const dr = loadLanes(a + w * 2 + o, n);
  const back = madd(df, loadLanes(v + o, n), f32x4.mul(d, f));
  storeLanes(a + o, flush(du), n);
  storeLanes(a + w + o, df, n);
  storeLanes(dc + o, flush(madd(dr, loadLanes(v + w + o, n), back)), n);
  storeLanes(dv + o, madd(df, before, loadLanes(dv + o, n)), n);
  storeLanes(dv + w + o, madd(dr, before, loadLanes(dv + w + o, n)), n);
}
