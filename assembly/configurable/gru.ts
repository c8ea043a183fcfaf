import { activate } from '../math/activation';
import { flush, loadLanes, madd, storeLanes } from '../simd';
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
    for (let j = 0; before && j < H; j += 4) {
      const n = min(H - j, 4);
      const o = <usize>j << 2;
      storeLanes(gates + s * 3 + o, flush(f32x4.mul(loadLanes(gates + o, n), loadLanes(h0 + o, n))), n);
    }
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
    for (let j = 0; !before && j < H; j += 4) {
      const n = min(H - j, 4);
      const o = <usize>j << 2;
      const q = loadLanes(gates + s * 3 + o, n);
      storeLanes(a + o, madd(loadLanes(gates + o, n), q, loadLanes(a + o, n)), n);
    }
    activate(d.kind2, d.alpha2, d.beta2, d.clip, H, a, a, slopes ? slopes + s * 2 : 0);
    for (let j = 0; j < H; j += 4) {
      const n = min(H - j, 4);
      const o = <usize>j << 2;
      const candidate = loadLanes(a + o, n);
      const z = loadLanes(gates + s + o, n);
      storeLanes(h + o, flush(madd(z, f32x4.sub(loadLanes(h0 + o, n), candidate), candidate)), n);
    }
    gates += s << 2;
    if (slopes) slopes += s * 3;
    h0 += s;
    h += s;
  }
}

/**
 * The step back: da_z, da_n, and after the product also da_r and dq, in place of z n r q; with the reset gate before it
 * these wait for `gruResetBack`. dh [m, H] becomes dh ⊙ z, what reaches h0 besides the products.
 */
export function gruBackward(d: Recurrence, m: i32, before: bool, gates: usize, slopes: usize, h0: usize, dh: usize): void {
  const H = d.H;
  const s = (<usize>H) << 2;
  const one = f32x4.splat(1);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < H; j += 4) {
      const n = min(H - j, 4);
      const o = <usize>j << 2;
      const g = gates + o;
      const p = slopes + o;
      const e = loadLanes(dh + o, n);
      const z = loadLanes(g + s, n);
      const candidate = loadLanes(g + s * 2, n);
      const dn = flush(f32x4.mul(f32x4.mul(e, f32x4.sub(one, z)), loadLanes(p + s * 2, n)));
      const dz = f32x4.mul(f32x4.mul(e, f32x4.sub(loadLanes(h0 + o, n), candidate)), loadLanes(p + s, n));
      storeLanes(g + s, flush(dz), n);
      storeLanes(g + s * 2, dn, n);
      if (!before) {
        const dr = f32x4.mul(f32x4.mul(dn, loadLanes(g + s * 3, n)), loadLanes(p, n));
        storeLanes(g + s * 3, flush(f32x4.mul(dn, loadLanes(g, n))), n);
        storeLanes(g, flush(dr), n);
      }
      storeLanes(dh + o, flush(f32x4.mul(e, z)), n);
    }
    gates += s << 2;
    slopes += s * 3;
    h0 += s;
    dh += s;
  }
}

/** With the reset gate before the product: ds [m, H] = da_n · W_hn gives da_r in place of r and becomes ds ⊙ r. */
export function gruResetBack(H: i32, m: i32, gates: usize, slopes: usize, h0: usize, ds: usize): void {
  const s = (<usize>H) << 2;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < H; j += 4) {
      const n = min(H - j, 4);
      const o = <usize>j << 2;
      const e = loadLanes(ds + o, n);
      const r = loadLanes(gates + o, n);
      const dr = f32x4.mul(f32x4.mul(e, loadLanes(h0 + o, n)), loadLanes(slopes + o, n));
      storeLanes(gates + o, flush(dr), n);
      storeLanes(ds + o, flush(f32x4.mul(e, r)), n);
    }
    gates += s << 2;
    slopes += s * 3;
    h0 += s;
    ds += s;
  }
}
