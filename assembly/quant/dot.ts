import { loadTail, storeTail } from '../simd';
import { BYTES, BYTES_BY_PAIRS, INFO, WORDS } from './rows';

// Products of packed weights (quant/linear.ts) with quantized rows (quant/rows.ts), in 32-bit integers: exact in every build, on
// every engine. Of bytes two products and their sum fit in 16 bits, and no activation has its top bit set, so WebAssembly relaxed
// SIMD leaves the engine no choice.
//
// Each writes C[n] = init + s·(q − z)·Wᵀ, in float32: the integer is converted, then
// multiplied by the scale of its output and by the scale of the row, then added to init.

/** Bytes of a block of 8 outputs and 16 inputs. */
// @ts-ignore: decorator
@inline
export const BLOCK: usize = 128;

/**
 * acc + 16 products of weights with activations, four in each lane. Of bytes w and a are all 16; of words the first eight, u and
 * b the others. ones: 1 in each of eight lanes.
 */
// @ts-ignore: decorator
@inline
function dot(form: i32, w: v128, u: v128, a: v128, b: v128, ones: v128, acc: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (form == BYTES) return i32x4.relaxed_dot_i8x16_i7x16_add_s(w, a, acc);
    if (form == BYTES_BY_PAIRS)
      return i32x4.add(acc, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(w, a), ones));
  }
  return i32x4.add(i32x4.add(acc, i32x4.dot_i16x8_s(w, a)), i32x4.dot_i16x8_s(u, b));
}

/** The sums of the lanes of four vectors. */
// @ts-ignore: decorator
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 1, 4, 5), v128.shuffle<i32>(a, b, 2, 3, 6, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 1, 4, 5), v128.shuffle<i32>(c, d, 2, 3, 6, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 2, 4, 6), v128.shuffle<i32>(ab, cd, 1, 3, 5, 7));
}

/** Σ w·(q − z) as floats: zero: z in each lane; `total` points to the sums of the weights. */
// @ts-ignore: decorator
@inline
function centred(v: v128, zero: v128, total: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.sub(v, i32x4.mul(zero, v128.load(total))));
}

/** c[n] = init[n] + v·scales·s for n in 1..4; init = 0: none. */
// @ts-ignore: decorator
@inline
function finish(n: i32, v: v128, scales: usize, s: v128, init: usize, c: usize): void {
  v = f32x4.mul(f32x4.mul(v, v128.load(scales)), s);
  if (n >= 4) {
    v128.store(c, init ? f32x4.add(v128.load(init), v) : v);
  } else if (n > 0) {
    storeTail(c, init ? f32x4.add(loadTail(init, n), v) : v, n);
  }
}

/**
 * One row of one part by n outputs. form: of the row (quant/rows.ts); one: 1, which V8 must not know: it would make the constant
 * anew for every product, 1.6 times as slow; k16: blocks of 16 inputs; w: the weights; scales, totals: [n] of the outputs; q: the
 * row; info: its scale and zero.
 */
// @ts-ignore: decorator
@inline
export function rowByAll(
  form: i32, one: i32, k16: i32, n: i32, w: usize, scales: usize, totals: usize, q: usize, info: usize, init: usize,
  c: usize,
): void {
  const ones = i16x8.splat(<i16>one);
  const step: usize = form == WORDS ? 32 : 16;
  const s = v128.load32_splat(info);
  const zero = v128.load32_splat(info, 4);
  for (; n > 0; n -= 8, scales += 32, totals += 32, c += 32) {
    let c0 = i32x4.splat(0);
    let c1 = i32x4.splat(0);
    let c2 = i32x4.splat(0);
    let c3 = i32x4.splat(0);
    let c4 = i32x4.splat(0);
    let c5 = i32x4.splat(0);
    let c6 = i32x4.splat(0);
    let c7 = i32x4.splat(0);
    let at = q;
    for (let k = k16; k > 0; k--, w += BLOCK, at += step) {
      const a = v128.load(at);
      const b = form == WORDS ? v128.load(at, 16) : a;
      const w0 = form == WORDS ? v128.load8x8_s(w, 0) : v128.load(w, 0);
      const u0 = form == WORDS ? v128.load8x8_s(w, 8) : w0;
      c0 = dot(form, w0, u0, a, b, ones, c0);
      const w1 = form == WORDS ? v128.load8x8_s(w, 16) : v128.load(w, 16);
      const u1 = form == WORDS ? v128.load8x8_s(w, 24) : w1;
      c1 = dot(form, w1, u1, a, b, ones, c1);
      const w2 = form == WORDS ? v128.load8x8_s(w, 32) : v128.load(w, 32);
      const u2 = form == WORDS ? v128.load8x8_s(w, 40) : w2;
      c2 = dot(form, w2, u2, a, b, ones, c2);
      const w3 = form == WORDS ? v128.load8x8_s(w, 48) : v128.load(w, 48);
      const u3 = form == WORDS ? v128.load8x8_s(w, 56) : w3;
      c3 = dot(form, w3, u3, a, b, ones, c3);
      const w4 = form == WORDS ? v128.load8x8_s(w, 64) : v128.load(w, 64);
      const u4 = form == WORDS ? v128.load8x8_s(w, 72) : w4;
      c4 = dot(form, w4, u4, a, b, ones, c4);
      const w5 = form == WORDS ? v128.load8x8_s(w, 80) : v128.load(w, 80);
      const u5 = form == WORDS ? v128.load8x8_s(w, 88) : w5;
      c5 = dot(form, w5, u5, a, b, ones, c5);
      const w6 = form == WORDS ? v128.load8x8_s(w, 96) : v128.load(w, 96);
      const u6 = form == WORDS ? v128.load8x8_s(w, 104) : w6;
      c6 = dot(form, w6, u6, a, b, ones, c6);
      const w7 = form == WORDS ? v128.load8x8_s(w, 112) : v128.load(w, 112);
      const u7 = form == WORDS ? v128.load8x8_s(w, 120) : w7;
      c7 = dot(form, w7, u7, a, b, ones, c7);
    }
    const low = centred(sums(c0, c1, c2, c3), zero, totals);
    const high = centred(sums(c4, c5, c6, c7), zero, totals + 16);
    finish(n, low, scales, s, init, c);
    finish(n - 4, high, scales + 16, s, init ? init + 16 : 0, c + 16);
    if (init) init += 32;
  }
}

/**
 * As rowByAll for the first four of n outputs of a block, of two vectors, the second one `next` bytes behind q: of two rows that are
 * `whole` (their init and c ldi and ldc bytes apart), or of one row the upper part and the lower one.
 */
// @ts-ignore: decorator
@inline
export function pairBy4(
  form: i32, one: i32, k16: i32, n: i32, whole: bool, w: usize, scales: usize, totals: usize, q: usize, next: usize,
  info: usize, init: usize, ldi: usize, c: usize, ldc: usize,
): void {
  const ones = i16x8.splat(<i16>one);
  const step: usize = form == WORDS ? 32 : 16;
  let c0 = i32x4.splat(0);
  let c1 = i32x4.splat(0);
  let c2 = i32x4.splat(0);
  let c3 = i32x4.splat(0);
  let d0 = i32x4.splat(0);
  let d1 = i32x4.splat(0);
  let d2 = i32x4.splat(0);
  let d3 = i32x4.splat(0);
  for (; k16 > 0; k16--, w += BLOCK, q += step) {
    const a = v128.load(q);
    const b = form == WORDS ? v128.load(q, 16) : a;
    const e = v128.load(q + next);
    const f = form == WORDS ? v128.load(q + next, 16) : e;
    const w0 = form == WORDS ? v128.load8x8_s(w, 0) : v128.load(w, 0);
    const u0 = form == WORDS ? v128.load8x8_s(w, 8) : w0;
    c0 = dot(form, w0, u0, a, b, ones, c0);
    d0 = dot(form, w0, u0, e, f, ones, d0);
    const w1 = form == WORDS ? v128.load8x8_s(w, 16) : v128.load(w, 16);
    const u1 = form == WORDS ? v128.load8x8_s(w, 24) : w1;
    c1 = dot(form, w1, u1, a, b, ones, c1);
    d1 = dot(form, w1, u1, e, f, ones, d1);
    const w2 = form == WORDS ? v128.load8x8_s(w, 32) : v128.load(w, 32);
    const u2 = form == WORDS ? v128.load8x8_s(w, 40) : w2;
    c2 = dot(form, w2, u2, a, b, ones, c2);
    d2 = dot(form, w2, u2, e, f, ones, d2);
    const w3 = form == WORDS ? v128.load8x8_s(w, 48) : v128.load(w, 48);
    const u3 = form == WORDS ? v128.load8x8_s(w, 56) : w3;
    c3 = dot(form, w3, u3, a, b, ones, c3);
    d3 = dot(form, w3, u3, e, f, ones, d3);
  }
  const first = sums(c0, c1, c2, c3);
  const second = sums(d0, d1, d2, d3);
  const s = v128.load32_splat(info);
  const upper = centred(first, v128.load32_splat(info, 4), totals);
  if (whole) {
    const other = info + INFO;
    finish(n, upper, scales, s, init, c);
    finish(n, centred(second, v128.load32_splat(other, 4), totals), scales, v128.load32_splat(other), init ? init + ldi : 0, c + ldc);
  } else {
    const lower = centred(second, v128.load32_splat(info, 8), totals);
    finish(n, f32x4.add(f32x4.mul(upper, f32x4.splat(128)), lower), scales, s, init, c);
  }
}
