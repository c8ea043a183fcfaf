import { activate } from '../math/activation';
import { flush, loadLanes, madd, storeLanes } from '../simd';
import { multiplyAdd, multiplyFlushed } from './lstm';
import { Recurrence } from './recurrence';

// gates [m, 4H] in the order r z n q: q is the hidden side of n, or with the reset gate before the product s = r ⊙ h0.
// slopes [m, 3H] of r z n, 0: not kept.

/** r and z from a_r and a_z; with `before` q = r ⊙ h0. */
export function gruGates(d: Recurrence, m: i32, before: bool, gates: usize, slopes: usize, h0: usize): void {
  const H = d.H;
  const s = (<usize>H) << 2;
  for (let i = 0; i < m; i++) {
    activate(d.kind0, d.alpha0, d.beta0, d.clip, H, gates, gates, slopes);
    activate(d.kind1, d.alpha1, d.beta1, d.clip, H, gates + s, gates + s, slopes ? slopes + s : 0);
    if (before) multiplyFlushed(H, gates, h0, gates + s * 3);
    gates += s << 2;
    h0 += s;
    if (slopes) slopes += s * 3;
  }
}

/** n from a_n (`before`), or from a_n + r ⊙ q; h = n + z ⊙ (h0 − n). */
export function gruState(
  d: Recurrence, m: i32, before: bool, gates: usize, slopes: usize, h0: usize, h: usize,
): void {
  const H = d.H;
  const s = (<usize>H) << 2;
  for (let i = 0; i < m; i++) {
    const a = gates + s * 2;
    if (!before) multiplyAdd(H, gates, gates + s * 3, a);
    activate(d.kind2, d.alpha2, d.beta2, d.clip, H, a, a, slopes ? slopes + s * 2 : 0);
    let j = H;
    let o: usize = 0;
    for (; j >= 4; j -= 4, o += 16) stateLanes(4, a + o, gates + s + o, h0 + o, h + o);
    if (j > 0) stateLanes(j, a + o, gates + s + o, h0 + o, h + o);
    gates += s << 2;
    if (slopes) slopes += s * 3;
    h0 += s;
    h += s;
  }
}

// @ts-ignore: decorator
@inline
function stateLanes(n: i32, a: usize, update: usize, h0: usize, h: usize): void {
  const candidate = loadLanes(a, n);
  storeLanes(h, flush(madd(loadLanes(update, n), f32x4.sub(loadLanes(h0, n), candidate), candidate)), n);
}

/**
 * The step back: da_z, da_n, and after the product also da_r and dq, in place of z n r q; with the reset gate before it
 * these wait for `gruResetBack`. dh [m, H] becomes dh ⊙ z, what reaches h0 besides the products.
 */
export function gruBackward(d: Recurrence, m: i32, before: bool, gates: usize, slopes: usize, h0: usize, dh: usize): void {
  const H = d.H;
  const s = (<usize>H) << 2;
  for (let i = 0; i < m; i++) {
    let j = H;
    let o: usize = 0;
    for (; j >= 4; j -= 4, o += 16) backwardLanes(4, before, s, gates + o, slopes + o, h0 + o, dh + o);
    if (j > 0) backwardLanes(j, before, s, gates + o, slopes + o, h0 + o, dh + o);
    gates += s << 2;
    slopes += s * 3;
    h0 += s;
    dh += s;
  }
}

// @ts-ignore: decorator
@inline
function backwardLanes(n: i32, before: bool, s: usize, g: usize, p: usize, h0: usize, dh: usize): void {
  const e = loadLanes(dh, n);
  const z = loadLanes(g + s, n);
  const candidate = loadLanes(g + s * 2, n);
  const dn = flush(f32x4.mul(f32x4.mul(e, f32x4.sub(f32x4.splat(1), z)), loadLanes(p + s * 2, n)));
  const dz = f32x4.mul(f32x4.mul(e, f32x4.sub(loadLanes(h0, n), candidate)), loadLanes(p + s, n));
  storeLanes(g + s, flush(dz), n);
  storeLanes(g + s * 2, dn, n);
  if (!before) {
    const dr = f32x4.mul(f32x4.mul(dn, loadLanes(g + s * 3, n)), loadLanes(p, n));
    storeLanes(g + s * 3, flush(f32x4.mul(dn, loadLanes(g, n))), n);
    storeLanes(g, flush(dr), n);
  }
  storeLanes(dh, flush(f32x4.mul(e, z)), n);
}

/** With the reset gate before the product: ds [m, H] = da_n · W_hn gives da_r in place of r and becomes ds ⊙ r. */
export function gruResetBack(H: i32, m: i32, gates: usize, slopes: usize, h0: usize, ds: usize): void {
  const s = (<usize>H) << 2;
  for (let i = 0; i < m; i++) {
    let j = H;
    let o: usize = 0;
    for (; j >= 4; j -= 4, o += 16) resetLanes(4, gates + o, slopes + o, h0 + o, ds + o);
    if (j > 0) resetLanes(j, gates + o, slopes + o, h0 + o, ds + o);
    gates += s << 2;
    slopes += s * 3;
    h0 += s;
    ds += s;
  }
}

// @ts-ignore: decorator
@inline
function resetLanes(n: i32, r: usize, slope: usize, h0: usize, ds: usize): void {
  const e = loadLanes(ds, n);
  const reset = loadLanes(r, n);
  storeLanes(r, flush(f32x4.mul(f32x4.mul(e, loadLanes(h0, n)), loadLanes(slope, n))), n);
  storeLanes(ds, flush(f32x4.mul(e, reset)), n);
}
