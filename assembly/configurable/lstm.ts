import { activate } from '../math/activation';
import { flush, loadLanes, madd, storeLanes } from '../simd';
import { LAYER_NORM_EPS, layer_norm, layer_norm_backward } from '../vec/layer_norm';
import { Recurrence } from './recurrence';

/**
 * One LSTM step of m rows with all options: gates [m, 4H] holds a_i a_f a_g a_o and becomes i f g o; slopes [m, 4H]
 * their φ′ (0: not kept). Peepholes as Gers 2000: i and f see c0, o sees c. c0, c, u [m, H]: u = o ⊙ φ(c) or
 * o ⊙ φ(LN(c)). row: of the first of these rows, in what is kept a row.
 */
export function lstmForward(
  d: Recurrence, m: i32, row: i32, gates: usize, slopes: usize, c0: usize, c: usize, u: usize,
): void {
  const H = d.H;
  const s = (<usize>H) << 2;
  for (let i = 0; i < m; i++) {
    const at = <usize>(row + i) * s;
    const seen = d.seen + at;
    const a1 = gates + s;
    const a2 = gates + s * 2;
    const a3 = gates + s * 3;
    if (d.wCi) {
      multiplyAdd(H, d.wCi, c0, gates);
      multiplyAdd(H, d.wCf, c0, a1);
    }
    activate(d.kind0, d.alpha0, d.beta0, d.clip, H, gates, gates, slopes);
    if (d.coupled) complement(H, gates, a1);
    else activate(d.kind1, d.alpha1, d.beta1, d.clip, H, a1, a1, slopes ? slopes + s : 0);
    activate(d.kind2, d.alpha2, d.beta2, d.clip, H, a2, a2, slopes ? slopes + s * 2 : 0);
    for (let j = 0; j < H; j += 4) {
      const n = min(H - j, 4);
      const o = <usize>j << 2;
      const ig = f32x4.mul(loadLanes(gates + o, n), loadLanes(a2 + o, n));
      storeLanes(c + o, flush(madd(loadLanes(a1 + o, n), loadLanes(c0 + o, n), ig)), n);
    }
    if (d.wCi) multiplyAdd(H, d.wCo, c, a3);
    activate(d.kind3, d.alpha3, d.beta3, d.clip, H, a3, a3, slopes ? slopes + s * 3 : 0);
    let from = c;
    if (d.lnCWeight) {
      const hat = d.training ? d.hatC + at : 0;
      layer_norm(1, H, c, H, d.lnCWeight, d.lnCBias, seen, H, 0, hat, d.rstdC + (<usize>(row + i) << 2), LAYER_NORM_EPS);
      from = seen;
    }
    activate(d.kind4, d.alpha4, d.beta4, Infinity, H, from, seen, d.seenSlope ? d.seenSlope + at : 0);
    for (let j = 0; j < H; j += 4) {
      const n = min(H - j, 4);
      const o = <usize>j << 2;
      storeLanes(u + o, flush(f32x4.mul(loadLanes(a3 + o, n), loadLanes(seen + o, n))), n);
    }
    gates += s << 2;
    if (slopes) slopes += s << 2;
    c0 += s;
    c += s;
    u += s;
  }
}

/**
 * The step back, from the last row to the first: gates [m, 4H] becomes dL/da; du [m, H] dL/du; dc [m, H] holds dL/dc and
 * becomes dL/dc0. tmp: H floats.
 */
export function lstmBackward(
  d: Recurrence, m: i32, row: i32, gates: usize, slopes: usize, c0: usize, c: usize, du: usize, dc: usize, tmp: usize,
): void {
  const H = d.H;
  const s = (<usize>H) << 2;
  for (let i = m - 1; i >= 0; i--) {
    const a = gates + <usize>i * (s << 2);
    const p = slopes + <usize>i * (s << 2);
    const b = <usize>i * s;
    const at = <usize>(row + i) * s;
    outputBack(H, s, a, p, d.seen + at, d.seenSlope + at, du + b, tmp);
    if (d.lnCWeight) {
      layer_norm_backward(
        1, H, tmp, H, d.lnCWeight, d.hatC + at, d.rstdC + (<usize>(row + i) << 2), tmp, H, d.dlnCWeight, d.dlnCBias,
      );
    }
    for (let j = 0; j < H; j += 4) {
      const n = min(H - j, 4);
      const o = <usize>j << 2;
      let e = f32x4.add(loadLanes(dc + b + o, n), loadLanes(tmp + o, n));
      if (d.wCi) e = madd(loadLanes(a + s * 3 + o, n), loadLanes(d.wCo + o, n), e);
      storeLanes(dc + b + o, e, n);
    }
    gatesBack(d, H, s, a, p, c0 + b, dc + b);
    if (d.wCi) {
      multiplyAdd(H, a, c0 + b, d.dwCi);
      multiplyAdd(H, a + s, c0 + b, d.dwCf);
      multiplyAdd(H, a + s * 3, c + b, d.dwCo);
    }
  }
}

/** da_o; tmp = dL/d(what φ saw). */
function outputBack(
  H: i32, s: usize, a: usize, p: usize, seen: usize, seenSlope: usize, du: usize, tmp: usize,
): void {
  for (let j = 0; j < H; j += 4) {
    const n = min(H - j, 4);
    const o = <usize>j << 2;
    const e = loadLanes(du + o, n);
    const out = loadLanes(a + s * 3 + o, n);
    storeLanes(tmp + o, f32x4.mul(f32x4.mul(e, out), loadLanes(seenSlope + o, n)), n);
    const da = f32x4.mul(f32x4.mul(e, loadLanes(seen + o, n)), loadLanes(p + s * 3 + o, n));
    storeLanes(a + s * 3 + o, flush(da), n);
  }
}

/** da_i, da_f, da_g; dc becomes dL/dc0. */
function gatesBack(d: Recurrence, H: i32, s: usize, a: usize, p: usize, c0: usize, dc: usize): void {
  for (let j = 0; j < H; j += 4) {
    const n = min(H - j, 4);
    const o = <usize>j << 2;
    const e = loadLanes(dc + o, n);
    const before = loadLanes(c0 + o, n);
    const i = loadLanes(a + o, n);
    const f = loadLanes(a + s + o, n);
    const g = loadLanes(a + s * 2 + o, n);
    const ds = d.coupled ? f32x4.sub(g, before) : g;
    const di = flush(f32x4.mul(f32x4.mul(e, ds), loadLanes(p + o, n)));
    let df = f32x4.splat(0);
    if (!d.coupled) df = flush(f32x4.mul(f32x4.mul(e, before), loadLanes(p + s + o, n)));
    let back = f32x4.mul(e, f);
    if (d.wCi) back = madd(df, loadLanes(d.wCf + o, n), madd(di, loadLanes(d.wCi + o, n), back));
    storeLanes(a + o, di, n);
    storeLanes(a + s + o, df, n);
    storeLanes(a + s * 2 + o, flush(f32x4.mul(f32x4.mul(e, i), loadLanes(p + s * 2 + o, n))), n);
    storeLanes(dc + o, flush(back), n);
  }
}

/** y[n] += a[n] · b[n]. */
function multiplyAdd(H: i32, a: usize, b: usize, y: usize): void {
  for (let j = 0; j < H; j += 4) {
    const n = min(H - j, 4);
    const o = <usize>j << 2;
    storeLanes(y + o, madd(loadLanes(a + o, n), loadLanes(b + o, n), loadLanes(y + o, n)), n);
  }
}

/** y[n] = 1 − x[n]. */
function complement(H: i32, x: usize, y: usize): void {
  for (let j = 0; j < H; j += 4) {
    const n = min(H - j, 4);
    const o = <usize>j << 2;
    storeLanes(y + o, f32x4.sub(f32x4.splat(1), loadLanes(x + o, n)), n);
  }
}
