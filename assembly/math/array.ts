import { loadTail, storeTail } from '../simd';
import { vexp } from './exp';
import { vsigmoid } from './sigmoid';
import { vtanh } from './tanh';

/** y[n] = e^x[n]; x may be y. */
export function vec_exp(n: i32, x: usize, y: usize): void {
  for (; n >= 8; n -= 8, x += 32, y += 32) {
    const low = vexp(v128.load(x));
    const high = vexp(v128.load(x, 16));
    v128.store(y, low);
    v128.store(y, high, 16);
  }
  for (; n >= 4; n -= 4, x += 16, y += 16) v128.store(y, vexp(v128.load(x)));
  if (n > 0) storeTail(y, vexp(loadTail(x, n)), n);
}

/** y[n] = tanh(x[n]); x may be y. */
export function vec_tanh(n: i32, x: usize, y: usize): void {
  for (; n >= 8; n -= 8, x += 32, y += 32) {
    const low = vtanh(v128.load(x));
    const high = vtanh(v128.load(x, 16));
    v128.store(y, low);
    v128.store(y, high, 16);
  }
  for (; n >= 4; n -= 4, x += 16, y += 16) v128.store(y, vtanh(v128.load(x)));
  if (n > 0) storeTail(y, vtanh(loadTail(x, n)), n);
}

/** y[n] = 1 / (1 + e^−x[n]); x may be y. */
export function vec_sigmoid(n: i32, x: usize, y: usize): void {
  for (; n >= 8; n -= 8, x += 32, y += 32) {
    const low = vsigmoid(v128.load(x));
    const high = vsigmoid(v128.load(x, 16));
    v128.store(y, low);
    v128.store(y, high, 16);
  }
  for (; n >= 4; n -= 4, x += 16, y += 16) v128.store(y, vsigmoid(v128.load(x)));
  if (n > 0) storeTail(y, vsigmoid(loadTail(x, n)), n);
}
