import { loadTail, storeTail } from '../simd';
import { INFO } from './rows';

// Products of packed weights (quant/weights.ts) with quantized rows (quant/rows.ts), in 32-bit integers. Weights are int8,
// activations 0…127: two products and their sum fit in 16 bits, so both builds give the same integers on every engine, also
// `relaxed` (WebAssembly relaxed SIMD: no operand with its top bit set leaves the engine a choice).
//
// Each tile writes C[n] = init + s·(q − z)·Wᵀ of up to eight outputs n, all in float32: the integer is converted, then
// multiplied by the scale of its output and by the scale of the row, then added to init.

/** Bytes of a block of 8 outputs and 16 inputs. */
// @ts-ignore: decorator
@inline
export const BLOCK: usize = 128;

/** acc + the sums of four neighbouring products each. */
// @ts-ignore: decorator
@inline
function dot(w: v128, a: v128, acc: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(w, a, acc);
  return i32x4.add(
    acc,
    i32x4.extadd_pairwise_i16x8_s(i16x8.add(i16x8.extmul_low_i8x16_s(w, a), i16x8.extmul_high_i8x16_s(w, a))),
  );
}

/** The sums of the lanes of four vectors. */
// @ts-ignore: decorator
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 1, 4, 5), v128.shuffle<i32>(a, b, 2, 3, 6, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 1, 4, 5), v128.shuffle<i32>(c, d, 2, 3, 6, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 2, 4, 6), v128.shuffle<i32>(ab, cd, 1, 3, 5, 7));
}

/** Σ w·(q − z) as floats: `zero` points to z, `total` to the sums of the weights. */
// @ts-ignore: decorator
@inline
function centred(v: v128, zero: usize, total: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.sub(v, i32x4.mul(v128.load32_splat(zero), v128.load(total))));
}

/** c[n] = init[n] + v·scales·s for n in 1..4; init = 0: none. */
// @ts-ignore: decorator
@inline
function finish(n: i32, v: v128, scales: usize, s: usize, init: usize, c: usize): void {
  v = f32x4.mul(f32x4.mul(v, v128.load(scales)), v128.load32_splat(s));
  if (n >= 4) {
    v128.store(c, init ? f32x4.add(v128.load(init), v) : v);
  } else if (n > 0) {
    storeTail(c, init ? f32x4.add(loadTail(init, n), v) : v, n);
  }
}

/**
 * One row of one plane by 8 outputs; the first n are written. k16: blocks of 16 inputs. w: the block of weights;
 * scales, totals: [8] of its outputs; q: the row; info: its scale and zero (quant/rows.ts).
 */
export function tile8x1(
  k16: i32, n: i32, w: usize, scales: usize, totals: usize, q: usize, info: usize, init: usize, c: usize,
): void {
  let c0 = i32x4.splat(0);
  let c1 = i32x4.splat(0);
  let c2 = i32x4.splat(0);
  let c3 = i32x4.splat(0);
  let c4 = i32x4.splat(0);
  let c5 = i32x4.splat(0);
  let c6 = i32x4.splat(0);
  let c7 = i32x4.splat(0);
  for (; k16 > 0; k16--, w += BLOCK, q += 16) {
    const a = v128.load(q);
    c0 = dot(v128.load(w), a, c0);
    c1 = dot(v128.load(w, 16), a, c1);
    c2 = dot(v128.load(w, 32), a, c2);
    c3 = dot(v128.load(w, 48), a, c3);
    c4 = dot(v128.load(w, 64), a, c4);
    c5 = dot(v128.load(w, 80), a, c5);
    c6 = dot(v128.load(w, 96), a, c6);
    c7 = dot(v128.load(w, 112), a, c7);
  }
  finish(n, centred(sums(c0, c1, c2, c3), info + 4, totals), scales, info, init, c);
  finish(n - 4, centred(sums(c4, c5, c6, c7), info + 4, totals + 16), scales + 16, info, init ? init + 16 : 0, c + 16);
}

/**
 * As tile8x1 for the first four outputs of a block, of two vectors, the second one `next` bytes behind q: of two rows (their
 * init and c ldi and ldc bytes apart), or with `planes` of one row, the upper plane and the lower one.
 */
export function tile4x2(
  k16: i32, n: i32, planes: bool, w: usize, scales: usize, totals: usize, q: usize, next: usize, info: usize,
  init: usize, ldi: usize, c: usize, ldc: usize,
): void {
  let c0 = i32x4.splat(0);
  let c1 = i32x4.splat(0);
  let c2 = i32x4.splat(0);
  let c3 = i32x4.splat(0);
  let d0 = i32x4.splat(0);
  let d1 = i32x4.splat(0);
  let d2 = i32x4.splat(0);
  let d3 = i32x4.splat(0);
  for (; k16 > 0; k16--, w += BLOCK, q += 16) {
    const a = v128.load(q);
    const b = v128.load(q + next);
    const w0 = v128.load(w);
    const w1 = v128.load(w, 16);
    const w2 = v128.load(w, 32);
    const w3 = v128.load(w, 48);
    c0 = dot(w0, a, c0);
    d0 = dot(w0, b, d0);
    c1 = dot(w1, a, c1);
    d1 = dot(w1, b, d1);
    c2 = dot(w2, a, c2);
    d2 = dot(w2, b, d2);
    c3 = dot(w3, a, c3);
    d3 = dot(w3, b, d3);
  }
  const first = sums(c0, c1, c2, c3);
  const second = sums(d0, d1, d2, d3);
  const upper = centred(first, info + 4, totals);
  if (planes) {
    const lower = centred(second, info + 8, totals);
    finish(n, f32x4.add(f32x4.mul(upper, f32x4.splat(128)), lower), scales, info, init, c);
  } else {
    const other = info + INFO;
    finish(n, upper, scales, info, init, c);
    finish(n, centred(second, other + 4, totals), scales, other, init ? init + ldi : 0, c + ldc);
  }
}
