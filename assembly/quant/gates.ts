import { flush, loadLanes, madd, storeLanes } from '../simd';

// Cells of one row in the relaxed build. They keep nothing for a backward pass, and take half the operations of those in
// assembly/cells: activations by powers of 2, and constants as locals. V8 makes a constant that it knows anew for every vector, so
// each is a product with a 1 that it does not know. sigmoid and tanh are within 5 ULP; beyond ±43 they are those of ±43.

/**
 * 2^(x·by) + plus for |x·by| < 126, |x| <= most: 2^n·(2^f − 1) + (2^n + plus), so that nothing cancels near 0. 2^f − 1 is
 * f·(p0 + p1·f + …) with a relative error of at most 2^-24 for |f| <= ½ (Lawson's iteration). one: 1; magic: 1.5·2^23, a sum
 * with which ends in the nearest integer. NaN stays.
 */
// @ts-ignore: decorator
@inline
function power(
  x: v128, by: v128, plus: v128, one: v128, magic: v128, most: v128, p0: v128, p1: v128, p2: v128, p3: v128, p4: v128, p5: v128,
): v128 {
  x = f32x4.pmax(f32x4.pmin(x, most), f32x4.neg(most));
  const n = madd(x, by, magic);
  const f = madd(x, by, f32x4.sub(magic, n));
  let p = madd(p5, f, p4);
  p = madd(p, f, p3);
  p = madd(p, f, p2);
  p = madd(p, f, p1);
  p = madd(p, f, p0);
  const scale = i32x4.add(i32x4.shl(n, 23), one);
  return madd(scale, f32x4.mul(p, f), f32x4.add(scale, plus));
}

/** down: −log2 e. */
// @ts-ignore: decorator
@inline
function sigmoid(
  x: v128, down: v128, one: v128, magic: v128, most: v128, p0: v128, p1: v128, p2: v128, p3: v128, p4: v128, p5: v128,
): v128 {
  return f32x4.div(one, power(x, down, one, one, magic, most, p0, p1, p2, p3, p4, p5));
}

/** twice: 2·log2 e. */
// @ts-ignore: decorator
@inline
function tanh(
  x: v128, twice: v128, one: v128, magic: v128, most: v128, p0: v128, p1: v128, p2: v128, p3: v128, p4: v128, p5: v128,
): v128 {
  const e = power(x, twice, f32x4.neg(one), one, magic, most, p0, p1, p2, p3, p4, p5);
  return f32x4.div(e, f32x4.add(e, f32x4.add(one, one)));
}

// @ts-ignore: decorator
@inline
function cell(isLstm: bool, known: i32, H: i32, gates: usize, c0: usize, c: usize, h: usize): void {
  const one = f32x4.splat(<f32>known);
  const magic = f32x4.mul(f32x4.splat(12582912), one);
  const most = f32x4.mul(f32x4.splat(43), one);
  const p0 = f32x4.mul(f32x4.splat(0.6931471824645996), one);
  const p1 = f32x4.mul(f32x4.splat(0.24022649228572845), one);
  const p2 = f32x4.mul(f32x4.splat(0.05550357326865196), one);
  const p3 = f32x4.mul(f32x4.splat(0.009618237614631653), one);
  const p4 = f32x4.mul(f32x4.splat(0.0013390735257416964), one);
  const p5 = f32x4.mul(f32x4.splat(0.00015403512225020677), one);
  const down = f32x4.mul(f32x4.splat(-1.44269504), one);
  const twice = f32x4.mul(f32x4.splat(2.88539008), one);
  const s = (<usize>H) << 2;
  for (; H > 0; H -= 4, gates += 16, c0 += 16, c += 16, h += 16) {
    const n = min(H, 4);
    const before = loadLanes(c0, n);
    const second = sigmoid(loadLanes(gates + s, n), down, one, magic, most, p0, p1, p2, p3, p4, p5);
    if (isLstm) {
      const i = sigmoid(loadLanes(gates, n), down, one, magic, most, p0, p1, p2, p3, p4, p5);
      const g = tanh(loadLanes(gates + s * 2, n), twice, one, magic, most, p0, p1, p2, p3, p4, p5);
      const o = sigmoid(loadLanes(gates + s * 3, n), down, one, magic, most, p0, p1, p2, p3, p4, p5);
      const ct = flush(madd(second, before, f32x4.mul(i, g)));
      storeLanes(c, ct, n);
      storeLanes(h, flush(f32x4.mul(o, tanh(ct, twice, one, magic, most, p0, p1, p2, p3, p4, p5))), n);
    } else {
      const z = sigmoid(loadLanes(gates + s * 2, n), down, one, magic, most, p0, p1, p2, p3, p4, p5);
      const a = tanh(madd(second, loadLanes(gates + s * 3, n), loadLanes(gates, n)), twice, one, magic, most, p0, p1, p2, p3, p4, p5);
      storeLanes(h, flush(madd(z, f32x4.sub(before, a), a)), n);
    }
  }
}

/**
 * One LSTM step of a row of H: gates holds a_i a_f a_g a_o, c is the state before it and becomes that after it. Subnormal states
 * become 0. known: 1.
 */
export function lstmGates(known: i32, H: i32, gates: usize, c: usize, h: usize): void {
  cell(true, known, H, gates, c, c, h);
}

/** One GRU step of a row of H: gates holds a_n a_r a_z q as in cells/gru.ts. A subnormal state becomes 0. known: 1. */
export function gruGates(known: i32, H: i32, gates: usize, h0: usize, h: usize): void {
  cell(false, known, H, gates, h0, h0, h);
}
