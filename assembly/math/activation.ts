import { flush, loadLanes, madd, storeLanes } from '../simd';
import { vec_sigmoid, vec_tanh } from './array';
import { vexp, vexpm1NonPositive, vexpNonPositive } from './exp';
import { complementOf, sigmoidDecay, sigmoidOf, vsigmoid } from './sigmoid';
import { upperTail } from './normal';
import { log1pUnit } from './softplus';
import { decay, slopeOf, tanhOf } from './tanh';

// Kinds of activation; src/activations.ts has the same numbers by name.
export const IDENTITY: i32 = 0;
export const TANH: i32 = 1;
export const SIGMOID: i32 = 2;
export const RELU: i32 = 3;
/** αx + β clamped to 0..1. */
export const HARD_SIGMOID: i32 = 4;
/** x / (1 + |x|). */
export const SOFTSIGN: i32 = 5;
/** ln(1 + e^x). */
export const SOFTPLUS: i32 = 6;
/** x, or α(e^x − 1) where x <= 0. */
export const ELU: i32 = 7;
/** x, or αx where x <= 0. */
export const LEAKY_RELU: i32 = 8;
/** α·tanh(βx). */
export const SCALED_TANH: i32 = 9;
/** αx + β. */
export const AFFINE: i32 = 10;
/** x / (1 + e^−x). */
export const SILU: i32 = 11;
/** x clamped to 0..6. */
export const RELU6: i32 = 12;
/** βx, or αβ(e^x − 1) where x <= 0. */
export const SELU: i32 = 13;
/** x·tanh(ln(1 + e^x)). */
export const MISH: i32 = 14;
/** x·P(X <= x), X normal. */
export const GELU: i32 = 15;
/** x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2. */
export const GELU_TANH: i32 = 16;
/** e^x. */
export const EXPONENTIAL: i32 = 17;

/**
 * y[n] = φ(x[n] clamped to ±clip), and slope[n] = φ′ there, 0 where |x| > clip, unless slope is 0. clip: above 0,
 * Infinity for none. y may be x. α and β count for the kinds that have them. Subnormal results become +0; NaN gives
 * NaN. Max error: 4 ULP, of slope 8, but for αx + β where it cancels and the slope of tanh(βx) where βx was rounded; of
 * the two GELU 4e-7 + 4 ULP, of their slopes 2e-6.
 */
export function activate(
  kind: i32, alpha: f32, beta: f32, clip: f32, n: i32, x: usize, y: usize, slope: usize,
): void {
  // in 0.8 of the time; what is left is to make subnormals 0
  if ((kind == TANH || kind == SIGMOID) && !slope && clip == Infinity) {
    if (kind == TANH) vec_tanh(n, x, y);
    else vec_sigmoid(n, x, y);
    x = y;
    kind = IDENTITY;
  }
  // identity is 1·x + 0, tanh 1·tanh(1·x): their β is their kind
  const plain = kind == IDENTITY || kind == TANH;
  const a = f32x4.splat(plain ? 1 : alpha);
  // ELU is SELU with β = 1
  const b = f32x4.splat(kind == ELU ? 1 : plain ? <f32>kind : beta);
  const c = f32x4.splat(clip);
  switch (kind) {
    case SIGMOID: pairs(SIGMOID, a, b, c, n, x, y, slope); break;
    case RELU: loop(RELU, a, b, c, n, x, y, slope); break;
    case HARD_SIGMOID: pairs(HARD_SIGMOID, a, b, c, n, x, y, slope); break;
    case SOFTSIGN: loop(SOFTSIGN, a, b, c, n, x, y, slope); break;
    case SOFTPLUS: loop(SOFTPLUS, a, b, c, n, x, y, slope); break;
    case ELU:
    case SELU: loop(SELU, a, b, c, n, x, y, slope); break;
    case RELU6: loop(RELU6, a, b, c, n, x, y, slope); break;
    case MISH: loop(MISH, a, b, c, n, x, y, slope); break;
    case GELU: loop(GELU, a, b, c, n, x, y, slope); break;
    case GELU_TANH: loop(GELU_TANH, a, b, c, n, x, y, slope); break;
    case EXPONENTIAL: loop(EXPONENTIAL, a, b, c, n, x, y, slope); break;
    case SILU: loop(SILU, a, b, c, n, x, y, slope); break;
    case LEAKY_RELU: loop(LEAKY_RELU, a, b, c, n, x, y, slope); break;
    case TANH:
    case SCALED_TANH: pairs(SCALED_TANH, a, b, c, n, x, y, slope); break;
    case IDENTITY:
    case AFFINE: loop(AFFINE, a, b, c, n, x, y, slope); break;
    default: assert(false, 'activate: no such kind');
  }
}

/** The kinds of nearly all gates and states: eight lanes at a time. */
// @ts-ignore: decorator
@inline
function hasPairs(kind: i32): bool {
  return kind == SIGMOID || kind == HARD_SIGMOID || kind == SCALED_TANH;
}

/** What value and slope share. */
// @ts-ignore: decorator
@inline
function innerOf(kind: i32, a: v128, b: v128, v: v128): v128 {
  if (kind == SIGMOID) return sigmoidDecay(v);
  if (kind == SCALED_TANH) return decay(f32x4.mul(b, v));
  return madd(a, v, b);
}

/** φ(v) from z = innerOf. */
// @ts-ignore: decorator
@inline
function valueOf(kind: i32, a: v128, b: v128, v: v128, z: v128): v128 {
  if (kind == SIGMOID) return sigmoidOf(v, z);
  if (kind == SCALED_TANH) return f32x4.mul(a, tanhOf(f32x4.mul(b, v), z));
  return f32x4.pmin(f32x4.pmax(z, f32x4.splat(0)), f32x4.splat(1));
}

/** φ′(v) from z = innerOf. */
// @ts-ignore: decorator
@inline
function slopeAt(kind: i32, a: v128, b: v128, z: v128): v128 {
  const one = f32x4.splat(1);
  if (kind == SIGMOID) {
    const e = f32x4.add(one, z);
    return f32x4.div(z, f32x4.mul(e, e));
  }
  if (kind == SCALED_TANH) return f32x4.mul(f32x4.mul(a, b), slopeOf(z));
  return v128.andnot(a, v128.or(f32x4.le(z, f32x4.splat(0)), f32x4.ge(z, one)));
}

/**
 * activate for a constant kind, eight lanes at a time: half as many constants are made for each lane. Only the hard sigmoid
 * has a branch: another slope that nobody asks for is written where the value then takes its place.
 */
// @ts-ignore: decorator
@inline
function pairs(kind: i32, a: v128, b: v128, clip: v128, n: i32, x: usize, y: usize, slope: usize): void {
  const low = f32x4.neg(clip);
  let to = slope || y;
  for (; n >= 8; n -= 8, x += 32, y += 32, to += 32) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const v0 = f32x4.pmax(f32x4.pmin(x0, clip), low);
    const v1 = f32x4.pmax(f32x4.pmin(x1, clip), low);
    const z0 = innerOf(kind, a, b, v0);
    const z1 = innerOf(kind, a, b, v1);
    const f0 = flush(valueOf(kind, a, b, v0, z0));
    const f1 = flush(valueOf(kind, a, b, v1, z1));
    if (kind != HARD_SIGMOID || slope) {
      const d0 = flush(v128.andnot(slopeAt(kind, a, b, z0), f32x4.gt(f32x4.abs(x0), clip)));
      const d1 = flush(v128.andnot(slopeAt(kind, a, b, z1), f32x4.gt(f32x4.abs(x1), clip)));
      v128.store(to, d0);
      v128.store(to, d1, 16);
    }
    v128.store(y, f0);
    v128.store(y, f1, 16);
  }
  loop(kind, a, b, clip, n, x, y, slope ? to : 0);
}

/** activate for a constant kind: the branches on it fold away. */
// @ts-ignore: decorator
@inline
function loop(kind: i32, a: v128, b: v128, clip: v128, n: i32, x: usize, y: usize, slope: usize): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const lanes = min(n, 4);
    const given = loadLanes(x, lanes);
    // NaN passes, since it is the first operand
    const v = f32x4.pmax(f32x4.pmin(given, clip), f32x4.neg(clip));
    let f = v;
    let d = one;
    if (hasPairs(kind)) {
      const z = innerOf(kind, a, b, v);
      f = valueOf(kind, a, b, v, z);
      if (slope) d = slopeAt(kind, a, b, z);
    } else if (kind == RELU) {
      f = f32x4.pmax(v, zero);
      // not(v <= 0), so that NaN keeps its gradient
      if (slope) d = v128.andnot(one, f32x4.le(v, zero));
    } else if (kind == SOFTSIGN) {
      // ±Inf as the largest float: Inf/Inf is NaN
      const m = f32x4.pmin(f32x4.abs(v), f32x4.splat(f32.MAX_VALUE));
      const e = f32x4.add(one, m);
      f = v128.bitselect(v, f32x4.div(m, e), i32x4.splat(0x80000000));
      if (slope) d = f32x4.div(f32x4.div(one, e), e);
    } else if (kind == SOFTPLUS) {
      const z = vexpNonPositive(v128.or(v, i32x4.splat(0x80000000)));
      f = f32x4.add(f32x4.pmax(v, zero), log1pUnit(z));
      if (slope) d = vsigmoid(v);
    } else if (kind == SELU) {
      const low = f32x4.pmin(v, zero);
      const positive = f32x4.gt(v, zero);
      const ab = f32x4.mul(a, b);
      f = v128.bitselect(f32x4.mul(b, v), f32x4.mul(ab, vexpm1NonPositive(low)), positive);
      if (slope) d = v128.bitselect(b, f32x4.mul(ab, vexpNonPositive(low)), positive);
    } else if (kind == RELU6) {
      const six = f32x4.splat(6);
      f = f32x4.pmin(f32x4.pmax(v, zero), six);
      if (slope) d = v128.andnot(one, v128.or(f32x4.le(v, zero), f32x4.ge(v, six)));
    } else if (kind == MISH) {
      // tanh(ln(1 + e^x)) = p/q, q − p = r, with z = e^−|x|; Inf·0 is NaN
      const t = f32x4.pmax(f32x4.pmin(v, f32x4.splat(f32.MAX_VALUE)), f32x4.splat(-f32.MAX_VALUE));
      const z = sigmoidDecay(t);
      const below = f32x4.lt(t, zero);
      const zz = f32x4.mul(z, z);
      const p = v128.bitselect(madd(f32x4.splat(2), z, zz), madd(f32x4.splat(2), z, one), below);
      const r = v128.bitselect(f32x4.splat(2), f32x4.add(zz, zz), below);
      const q = f32x4.add(p, r);
      const s = f32x4.div(p, q);
      f = f32x4.mul(v128.bitselect(t, v, below), s);
      if (slope) {
        // 1 − tanh² = r·(p + q)/q²
        const rest = f32x4.mul(f32x4.div(r, q), f32x4.add(one, s));
        d = madd(f32x4.mul(t, sigmoidOf(t, z)), rest, s);
      }
    } else if (kind == GELU) {
      const t = f32x4.pmax(v, f32x4.splat(-f32.MAX_VALUE));
      const z = vexpNonPositive(f32x4.mul(f32x4.mul(t, t), f32x4.splat(-0.5)));
      const tail = upperTail(f32x4.abs(t), z);
      const s = v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(t, zero));
      f = f32x4.mul(t, s);
      // e^(−x²/2)/√(2π)
      if (slope) d = madd(f32x4.pmin(t, f32x4.splat(f32.MAX_VALUE)), f32x4.mul(z, f32x4.splat(0.39894228)), s);
    } else if (kind == GELU_TANH) {
      const t = f32x4.pmax(v, f32x4.splat(-f32.MAX_VALUE));
      // x·σ(u), u = 2·√(2/π)·(x + 0.044715·x³); beyond ±100 σ is 0 or 1
      const w = f32x4.pmax(f32x4.pmin(t, f32x4.splat(100)), f32x4.splat(-100));
      const ww = f32x4.mul(w, w);
      const u = f32x4.mul(w, madd(f32x4.splat(0.07135481283), ww, f32x4.splat(1.59576912161)));
      const z = sigmoidDecay(u);
      const s = sigmoidOf(u, z);
      f = f32x4.mul(t, s);
      if (slope) {
        const du = madd(f32x4.splat(0.21406443849), ww, f32x4.splat(1.59576912161));
        d = madd(f32x4.mul(w, f32x4.mul(s, complementOf(u, z))), du, s);
      }
    } else if (kind == EXPONENTIAL) {
      f = vexp(v);
      d = f;
    } else if (kind == LEAKY_RELU) {
      const positive = f32x4.gt(v, zero);
      f = v128.bitselect(v, f32x4.mul(a, v), positive);
      if (slope) d = v128.bitselect(one, a, positive);
    } else if (kind == SILU) {
      // Inf·0 is NaN
      const t = f32x4.pmax(v, f32x4.splat(-f32.MAX_VALUE));
      const z = sigmoidDecay(t);
      const s = sigmoidOf(t, z);
      f = f32x4.mul(t, s);
      if (slope) d = madd(f32x4.pmin(f, f32x4.splat(f32.MAX_VALUE)), complementOf(t, z), s);
    } else {
      f = madd(a, v, b);
      if (slope) d = a;
    }
    storeLanes(y, flush(f), lanes);
    if (slope) {
      storeLanes(slope, flush(v128.andnot(d, f32x4.gt(f32x4.abs(given), clip))), lanes);
      slope += 16;
    }
  }
}

/**
 * y[n] = φ(x[n] clamped to ±clip), and slope[n] = φ′ there, 0 where |x| > clip, unless slope is 0. clip: above 0,
 * Infinity for none; y may be x. φ by kind: 0 x; 1 tanh x; 2 1/(1 + e^−x); 3 max(x, 0); 4 αx + β clamped to 0..1;
 * 5 x/(1 + |x|); 6 ln(1 + e^x); 7 x, or α(e^x − 1) where x <= 0; 8 x, or αx where x <= 0; 9 α·tanh(βx); 10 αx + β;
 * 11 x/(1 + e^−x), 0 where it is below 2^-119; 12 x clamped to 0..6; 13 βx, or αβ(e^x − 1) where x <= 0;
 * 14 x·tanh(ln(1 + e^x)); 15 x·P(X <= x) for a normal X; 16 x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2; 17 e^x.
 * Subnormal results become +0; NaN gives NaN.
 */
export function vec_activate(
  kind: i32, alpha: f32, beta: f32, clip: f32, n: i32, x: usize, y: usize, slope: usize,
): void {
  activate(kind, alpha, beta, clip, n, x, y, slope);
}
