import { loadLanes, storeLanes } from '../simd';
import { expCall, vexp } from './exp';
import { sigmoidCall, vsigmoid } from './sigmoid';
import { tanhCall, vtanh } from './tanh';

/** y[n] = e^x[n]; x may be y. */
export function vec_exp(n: i32, x: usize, y: usize): void {
  for (; n >= 8; n -= 8, x += 32, y += 32) {
    const low = vexp(v128.load(x));
    const high = vexp(v128.load(x, 16));
    v128.store(y, low);
    v128.store(y, high, 16);
  }
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const lanes = min(n, 4);
    storeLanes(y, expCall(loadLanes(x, lanes)), lanes);
  }
}

/** y[n] = tanh(x[n]); x may be y. */
export function vec_tanh(n: i32, x: usize, y: usize): void {
  for (; n >= 8; n -= 8, x += 32, y += 32) {
    const low = vtanh(v128.load(x));
    const high = vtanh(v128.load(x, 16));
    v128.store(y, low);
    v128.store(y, high, 16);
  }
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const lanes = min(n, 4);
    storeLanes(y, tanhCall(loadLanes(x, lanes)), lanes);
  }
}

/** y[n] = 1 / (1 + e^−x[n]); x may be y. */
export function vec_sigmoid(n: i32, x: usize, y: usize): void {
  for (; n >= 8; n -= 8, x += 32, y += 32) {
    const low = vsigmoid(v128.load(x));
    const high = vsigmoid(v128.load(x, 16));
    v128.store(y, low);
    v128.store(y, high, 16);
  }
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const lanes = min(n, 4);
    storeLanes(y, sigmoidCall(loadLanes(x, lanes)), lanes);
  }
}
