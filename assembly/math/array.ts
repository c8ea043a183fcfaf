import { loadSome, storeSome } from '../simd';
import { vexp } from './exp';
import { vsigmoid } from './sigmoid';
import { vtanh } from './tanh';

const EXP: i32 = 0;
const TANH: i32 = 1;
const SIGMOID: i32 = 2;

/** y[n] = e^x[n]; x may be y. */
export function vec_exp(n: i32, x: usize, y: usize): void {
  each(EXP, n, x, y);
}

/** y[n] = tanh(x[n]); x may be y. */
export function vec_tanh(n: i32, x: usize, y: usize): void {
  each(TANH, n, x, y);
}

/** y[n] = 1 / (1 + e^−x[n]); x may be y. */
export function vec_sigmoid(n: i32, x: usize, y: usize): void {
  each(SIGMOID, n, x, y);
}

/** For a constant kind. What is left of eights is read before the loop: a call in it makes V8 spill. */
// @ts-ignore: decorator
@inline
function each(kind: i32, n: i32, x: usize, y: usize): void {
  const rest = n & 7;
  const end = x + (<usize>(n - rest) << 2);
  const last0 = loadSome(end, rest);
  const last1 = loadSome(end + 16, rest - 4);
  for (; n > 0; n -= 8, x += 32, y += 32) {
    let low = last0;
    let high = last1;
    if (n >= 8) {
      low = v128.load(x);
      high = v128.load(x, 16);
    }
    low = valueOf(kind, low);
    high = valueOf(kind, high);
    if (n < 8) return storeSome(y, low, high, n);
    v128.store(y, low);
    v128.store(y, high, 16);
  }
}

// @ts-ignore: decorator
@inline
function valueOf(kind: i32, x: v128): v128 {
  return kind == EXP ? vexp(x) : kind == TANH ? vtanh(x) : vsigmoid(x);
}
