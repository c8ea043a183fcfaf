import { activate } from '../math/activation';
import { flush, loadLanes, madd, storeLanes } from '../simd';
import { vec_add } from '../vec/elementwise';
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
  const at = <usize>row * s;
  let seen = d.seen + at;
  const rstd = d.rstdC + (<usize>row << 2);
  const firstOut = gates + s * 3;
  const firstC = c;
  // i and f lie side by side: with one activation they are one vector
  const both = !d.coupled && d.kind0 == d.kind1 && d.alpha0 == d.alpha1 && d.beta0 == d.beta1;
  for (let i = 0; i < m; i++) {
    const a1 = gates + s;
    const a2 = gates + s * 2;
    const a3 = gates + s * 3;
    if (d.wCi) {
      multiplyAdd(H, d.wCi, c0, gates);
      multiplyAdd(H, d.wCf, c0, a1);
    }
    activate(d.kind0, d.alpha0, d.beta0, d.clip, both ? H * 2 : H, gates, gates, slopes);
    if (d.coupled) complement(H, gates, a1);
    else if (!both) activate(d.kind1, d.alpha1, d.beta1, d.clip, H, a1, a1, slopes ? slopes + s : 0);
    activate(d.kind2, d.alpha2, d.beta2, d.clip, H, a2, a2, slopes ? slopes + s * 2 : 0);
    updateCell(H, gates, a1, a2, c0, c);
    if (d.wCi) multiplyAdd(H, d.wCo, c, a3);
    activate(d.kind3, d.alpha3, d.beta3, d.clip, H, a3, a3, slopes ? slopes + s * 3 : 0);
    gates += s << 2;
    if (slopes) slopes += s << 2;
    c0 += s;
    c += s;
  }
  let from = firstC;
  if (d.lnCWeight) {
    const hat = d.training ? d.hatC + at : 0;
    layer_norm(m, H, from, H, d.lnCWeight, d.lnCBias, seen, H, 0, hat, rstd, LAYER_NORM_EPS);
    from = seen;
  }
  activate(d.kind4, d.alpha4, d.beta4, Infinity, m * H, from, seen, d.seenSlope ? d.seenSlope + at : 0);
  for (let i = 0; i < m; i++, u += s, seen += s) multiplyFlushed(H, firstOut + <usize>i * (s << 2), seen, u);
}

/**
 * The step back: gates [m, 4H] becomes dL/da; du [m, H] dL/du; dc [m, H] holds dL/dc and becomes dL/dc0. tmp: H floats. Rows as
 * they lie in memory, but from the last one where gradients are summed over them.
 */
export function lstmBackward(
  d: Recurrence, m: i32, row: i32, gates: usize, slopes: usize, c0: usize, c: usize, du: usize, dc: usize, tmp: usize,
): void {
  const H = d.H;
  const s = (<usize>H) << 2;
  const last = d.wCi || d.lnCWeight ? m - 1 : 0;
  for (let k = 0; k < m; k++) {
    const i = last ? last - k : k;
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
    vec_add(H, dc + b, tmp, dc + b);
    if (d.wCi) multiplyAdd(H, a + s * 3, d.wCo, dc + b);
    if (d.wCi || d.coupled) rareGatesBack(d.coupled != 0, d.wCi, d.wCf, H, s, a, p, c0 + b, dc + b);
    else gatesBack(H, s, a, p, c0 + b, dc + b);
    if (d.wCi) {
      multiplyAdd(H, a, c0 + b, d.dwCi);
      multiplyAdd(H, a + s, c0 + b, d.dwCf);
      multiplyAdd(H, a + s * 3, c + b, d.dwCo);
    }
  }
}

// The loops have their tails apart: a call in a loop of vectors makes V8 spill.

/** c = f ⊙ c0 + i ⊙ g. */
function updateCell(H: i32, i: usize, f: usize, g: usize, c0: usize, c: usize): void {
  for (; H >= 4; H -= 4, i += 16, f += 16, g += 16, c0 += 16, c += 16) cellLanes(4, i, f, g, c0, c);
  if (H > 0) cellLanes(H, i, f, g, c0, c);
}

// @ts-ignore: decorator
@inline
function cellLanes(n: i32, i: usize, f: usize, g: usize, c0: usize, c: usize): void {
  const ig = f32x4.mul(loadLanes(i, n), loadLanes(g, n));
  storeLanes(c, flush(madd(loadLanes(f, n), loadLanes(c0, n), ig)), n);
}

/** da_o; tmp = dL/d(what φ saw). */
function outputBack(
  H: i32, s: usize, a: usize, p: usize, seen: usize, seenSlope: usize, du: usize, tmp: usize,
): void {
  a += s * 3;
  p += s * 3;
  for (; H >= 4; H -= 4, a += 16, p += 16, seen += 16, seenSlope += 16, du += 16, tmp += 16) {
    outputLanes(4, a, p, seen, seenSlope, du, tmp);
  }
  if (H > 0) outputLanes(H, a, p, seen, seenSlope, du, tmp);
}

// @ts-ignore: decorator
@inline
function outputLanes(n: i32, a: usize, p: usize, seen: usize, seenSlope: usize, du: usize, tmp: usize): void {
  const e = loadLanes(du, n);
  const out = loadLanes(a, n);
  storeLanes(tmp, f32x4.mul(f32x4.mul(e, out), loadLanes(seenSlope, n)), n);
  storeLanes(a, flush(f32x4.mul(f32x4.mul(e, loadLanes(seen, n)), loadLanes(p, n))), n);
}

/** da_i, da_f, da_g; dc becomes dL/dc0. Without coupled gates and peepholes. */
function gatesBack(H: i32, s: usize, a: usize, p: usize, c0: usize, dc: usize): void {
  for (; H >= 4; H -= 4, a += 16, p += 16, c0 += 16, dc += 16) gateLanes(false, 0, 0, 4, s, a, p, c0, dc, 0);
  if (H > 0) rareGatesBack(false, 0, 0, H, s, a, p, c0, dc);
}

/** Likewise, with them. wCi, wCf: 0 without peepholes. */
function rareGatesBack(
  coupled: bool, wCi: usize, wCf: usize, H: i32, s: usize, a: usize, p: usize, c0: usize, dc: usize,
): void {
  for (let j = 0; j < H; j += 4) {
    const o = <usize>j << 2;
    gateLanes(coupled, wCi, wCf, min(H - j, 4), s, a + o, p + o, c0 + o, dc + o, o);
  }
}

// @ts-ignore: decorator
@inline
function gateLanes(
  coupled: bool, wCi: usize, wCf: usize, n: i32, s: usize, a: usize, p: usize, c0: usize, dc: usize, o: usize,
): void {
  const e = loadLanes(dc, n);
  const before = loadLanes(c0, n);
  const i = loadLanes(a, n);
  const f = loadLanes(a + s, n);
  const g = loadLanes(a + s * 2, n);
  const ds = coupled ? f32x4.sub(g, before) : g;
  const di = flush(f32x4.mul(f32x4.mul(e, ds), loadLanes(p, n)));
  let df = f32x4.splat(0);
  if (!coupled) df = flush(f32x4.mul(f32x4.mul(e, before), loadLanes(p + s, n)));
  let back = f32x4.mul(e, f);
  if (wCi) back = madd(df, loadLanes(wCf + o, n), madd(di, loadLanes(wCi + o, n), back));
  const dg = flush(f32x4.mul(f32x4.mul(e, i), loadLanes(p + s * 2, n)));
  storeLanes(a, di, n);
  storeLanes(a + s, df, n);
  storeLanes(a + s * 2, dg, n);
  storeLanes(dc, flush(back), n);
}

/** y[n] = 1 − x[n]. */
function complement(H: i32, x: usize, y: usize): void {
  for (let j = 0; j < H; j += 4) {
    const n = min(H - j, 4);
    const o = <usize>j << 2;
    storeLanes(y + o, f32x4.sub(f32x4.splat(1), loadLanes(x + o, n)), n);
  }
}

/** y[n] = a[n] · b[n]; subnormals become 0. */
export function multiplyFlushed(H: i32, a: usize, b: usize, y: usize): void {
  for (; H >= 4; H -= 4, a += 16, b += 16, y += 16) {
    v128.store(y, flush(f32x4.mul(v128.load(a), v128.load(b))));
  }
  if (H > 0) storeLanes(y, flush(f32x4.mul(loadLanes(a, H), loadLanes(b, H))), H);
}

/** y[n] += a[n] · b[n]. */
export function multiplyAdd(H: i32, a: usize, b: usize, y: usize): void {
  for (; H >= 4; H -= 4, a += 16, b += 16, y += 16) {
    v128.store(y, madd(v128.load(a), v128.load(b), v128.load(y)));
  }
  if (H > 0) storeLanes(y, madd(loadLanes(a, H), loadLanes(b, H), loadLanes(y, H)), H);
}
