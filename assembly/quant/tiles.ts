import { pairBy4, rowByAll } from './dot';
import { BYTES, BYTES_BY_PAIRS, WORDS } from './rows';

// The loops of quant/dot.ts by form, each a function of its own (a generic of a type that stands for the form): in one, binaryen
// would merge the loops of the three forms. Callers call each from two places, since one would make it part of the loops around
// it, where V8 spills the sums.

type Words = i16;
type Bytes = i8;
type Pairs = u8;

// @ts-ignore: decorator
@inline
function formOf<F>(): i32 {
  return sizeof<F>() == 2 ? WORDS : isSigned<F>() ? BYTES : BYTES_BY_PAIRS;
}

function rowOf<F>(
  one: i32, k16: i32, n: i32, w: usize, scales: usize, totals: usize, q: usize, info: usize, init: usize, c: usize,
): void {
  rowByAll(formOf<F>(), one, k16, n, w, scales, totals, q, info, init, c);
}

function pairOf<F>(
  one: i32, k16: i32, n: i32, whole: bool, w: usize, scales: usize, totals: usize, q: usize, next: usize, info: usize,
  init: usize, ldi: usize, c: usize, ldc: usize,
): void {
  pairBy4(formOf<F>(), one, k16, n, whole, w, scales, totals, q, next, info, init, ldi, c, ldc);
}

/** `rowByAll` of quant/dot.ts. */
// @ts-ignore: decorator
@inline
export function row(
  form: i32, one: i32, k16: i32, n: i32, w: usize, scales: usize, totals: usize, q: usize, info: usize, init: usize,
  c: usize,
): void {
  if (!ASC_FEATURE_RELAXED_SIMD || form == WORDS) rowOf<Words>(one, k16, n, w, scales, totals, q, info, init, c);
  else if (form == BYTES) rowOf<Bytes>(one, k16, n, w, scales, totals, q, info, init, c);
  else rowOf<Pairs>(one, k16, n, w, scales, totals, q, info, init, c);
}

/** `pairBy4` of quant/dot.ts. */
// @ts-ignore: decorator
@inline
export function pair(
  form: i32, one: i32, k16: i32, n: i32, whole: bool, w: usize, scales: usize, totals: usize, q: usize, next: usize,
  info: usize, init: usize, ldi: usize, c: usize, ldc: usize,
): void {
  if (!ASC_FEATURE_RELAXED_SIMD || form == WORDS)
    pairOf<Words>(one, k16, n, whole, w, scales, totals, q, next, info, init, ldi, c, ldc);
  else if (form == BYTES) pairOf<Bytes>(one, k16, n, whole, w, scales, totals, q, next, info, init, ldi, c, ldc);
  else pairOf<Pairs>(one, k16, n, whole, w, scales, totals, q, next, info, init, ldi, c, ldc);
}
