import { flush, loadLanes, madd, storeLanes } from '../simd';
import { vexpm1NonPositive, vexpNonPositive } from './exp';
import { complementOf, sigmoidDecay, sigmoidOf, vsigmoid } from './sigmoid';
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

/**
 * y[n] = φ(x[n] clamped to ±clip), and slope[n] = φ′ there, 0 where |x| > clip, unless slope is 0. clip: above 0,
 * Infinity for none. y may be x. α and β count for the kinds that have them. Subnormal results become +0; NaN gives
 * NaN. Max error: 4 ULP, of slope 8, but for αx + β where it cancels and the slope of tanh(βx) where βx was rounded.
 */
export function activate(
  kind: i32, alpha: f32, beta: f32, clip: f32, n: i32, x: usize, y: usize, slope: usize,
): void {
  // identity is 1·x + 0, tanh 1·tanh(1·x): their β is their kind
  const plain = kind == IDENTITY || kind == TANH;
  const a = f32x4.splat(plain ? 1 : alpha);
  const b = f32x4.splat(plain ? <f32>kind : beta);
  const c = f32x4.splat(clip);
  switch (kind) {
    case SIGMOID: loop(SIGMOID, a, b, c, n, x, y, slope); break;
    case RELU: loop(RELU, a, b, c, n, x, y, slope); break;
    case HARD_SIGMOID: loop(HARD_SIGMOID, a, b, c, n, x, y, slope); break;
    case SOFTSIGN: loop(SOFTSIGN, a, b, c, n, x, y, slope); break;
    case SOFTPLUS: loop(SOFTPLUS, a, b, c, n, x, y, slope); break;
    case ELU: loop(ELU, a, b, c, n, x, y, slope); break;
    case SILU: loop(SILU, a, b, c, n, x, y, slope); break;
    case LEAKY_RELU: loop(LEAKY_RELU, a, b, c, n, x, y, slope); break;
    case TANH:
    case SCALED_TANH: loop(SCALED_TANH, a, b, c, n, x, y, slope); break;
    case IDENTITY:
    case AFFINE: loop(AFFINE, a, b, c, n, x, y, slope); break;
    default: assert(false, 'activate: no such kind');
  }
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
    if (kind == SIGMOID) {
      f = vsigmoid(v);
      if (slope) {
        const z = vexpNonPositive(v128.or(v, i32x4.splat(0x80000000)));
        const e = f32x4.add(one, z);
        d = f32x4.div(z, f32x4.mul(e, e));
      }
    } else if (kind == RELU) {
      f = f32x4.pmax(v, zero);
      // not(v <= 0), so that NaN keeps its gradient
      if (slope) d = v128.andnot(one, f32x4.le(v, zero));
    } else if (kind == HARD_SIGMOID) {
      const line = madd(a, v, b);
      f = f32x4.pmin(f32x4.pmax(line, zero), one);
      if (slope) d = v128.andnot(a, v128.or(f32x4.le(line, zero), f32x4.ge(line, one)));
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
    } else if (kind == ELU) {
      const low = f32x4.pmin(v, zero);
      const positive = f32x4.gt(v, zero);
      f = v128.bitselect(v, f32x4.mul(a, vexpm1NonPositive(low)), positive);
      if (slope) d = v128.bitselect(one, f32x4.mul(a, vexpNonPositive(low)), positive);
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
    } else if (kind == SCALED_TANH) {
      const t = f32x4.mul(b, v);
      const z = decay(t);
      f = f32x4.mul(a, tanhOf(t, z));
      if (slope) d = f32x4.mul(f32x4.mul(a, b), slopeOf(z));
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
 * 11 x/(1 + e^−x), 0 where it is below 2^-119.
 * Subnormal results become +0; NaN gives NaN.
 */
export function vec_activate(
  kind: i32, alpha: f32, beta: f32, clip: f32, n: i32, x: usize, y: usize, slope: usize,
): void {
  activate(kind, alpha, beta, clip, n, x, y, slope);
}
