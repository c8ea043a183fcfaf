import { multiply, KC, MC, TILE_BYTES } from '../gemm/multiply';
import { packedBytes } from '../gemm/pack';
import { sgemm_nn, sgemm_tn_reversed } from '../gemm/sgemm';
import { add_column_sums } from '../vec/reduce';
import { gather, inPlace, scatter, tapBytes } from './columns';
import { keepLast, spreadLast } from './state';
import { inputRows, outputRows, Windows } from './windows';

/** Taps of a block of columns, of k with n channels each: at most KC columns, at least one tap. */
// @ts-ignore: decorator
@inline
function tapsOf(n: i32, k: i32): i32 {
  return min(max(KC / n, 1), k);
}

/** out[O, k, n] = w[O, n, k], or back with n and k swapped. */
function turn(O: i32, n: i32, k: i32, w: usize, out: usize): void {
  const row = (<usize>k) << 2;
  for (; O > 0; O--, w += <usize>n * row) {
    for (let j = 0; j < k; j++) {
      let from = w + ((<usize>j) << 2);
      for (let i = 0; i < n; i++, from += row, out += 4) store<f32>(out, load<f32>(from));
    }
  }
}

/**
 * Y[N′, O] = a convolution of X[N, I] with W[O, I / groups, taps], as torch.nn.Conv1d, + b[O] (0 for none); each output
 * is summed tap after tap, in a tap channel after channel. windows: `Windows` (conv/windows.ts). state [B, P, I]: the
 * P = (taps − 1)·dilation steps before the first one, zeros if state is 0; last: those before the end of each row, may
 * be state. work: `convWork(I, O, taps, groups)` bytes; with `packed` it still holds the weights that a call packed.
 */
export function conv1d_forward(
  windows: usize, I: i32, O: i32, groups: i32,
  x: usize, state: usize, last: usize, w: usize, b: usize, y: usize, packed: i32, work: usize,
): void {
  const d = changetype<Windows>(windows);
  const n = I / groups;
  const o = O / groups;
  const k = d.taps;
  const K = n * k;
  const ld = (<usize>I) << 2;
  const ldy = (<usize>O) << 2;
  const panel = packedBytes(K, o);
  const psB = (<usize>K) << 5;
  const panels = work + TILE_BYTES;
  const columns = panels + <usize>groups * panel;
  if (!packed) {
    for (let g = 0; g < groups; g++) packTaps(n, o, k, w + ((<usize>(g * o * K)) << 2), panels + <usize>g * panel);
  }
  const N = outputRows(d);
  const most = tapsOf(n, k);
  for (let first = 0; first < N; first += MC) {
    const m = min(MC, N - first);
    for (let g = 0; g < groups; g++) {
      const c = y + <usize>first * ldy + ((<usize>(g * o)) << 2);
      let init = b ? b + ((<usize>(g * o)) << 2) : 0;
      let ldi: usize = 0;
      let at = panels + <usize>g * panel;
      for (let j = 0; j < k; j += most) {
        const taps = min(most, k - j);
        for (let i = 0; i < n; i += KC) {
          const ni = min(KC, n - i);
          const width = taps * ni;
          const offset = (<usize>(g * n + i)) << 2;
          const there = inPlace(d, first, m, j, taps, ni, offset, ld, x);
          if (there) {
            const csA = ni == 1 && taps > 1 ? tapBytes(d, ld) : 4;
            multiply(m, o, width, there, <usize>d.stride * ld, csA, at, 32, psB, init, ldi, c, ldy, work);
          } else {
            gather(d, first, m, j, taps, ni, offset, ld, x, state, columns);
            multiply(m, o, width, columns, (<usize>width) << 2, 4, at, 32, psB, init, ldi, c, ldy, work);
          }
          at += (<usize>width) << 5;
          init = c;
          ldi = ldy;
        }
      }
    }
  }
  if (state) keepLast(d, I, x, state, last);
}

/** Packs W[o, n, k] as panels whose rows are tap after tap the channels. */
function packTaps(n: i32, o: i32, k: i32, w: usize, out: usize): void {
  const row = (<usize>(n * k)) << 2;
  const tap = (<usize>k) << 2;
  for (; o > 0; o -= 8, w += row << 3) {
    const columns = min(o, 8);
    for (let j = 0; j < k; j++) {
      let from = w + ((<usize>j) << 2);
      for (let i = 0; i < n; i++, from += tap, out += 32) {
        if (columns < 8) memory.fill(out, 0, 32);
        let to = out;
        let at = from;
        for (let c = 0; c < columns; c++, at += row, to += 4) store<f32>(to, load<f32>(at));
      }
    }
  }
}

/**
 * Gradients of `conv1d_forward`: dW and db (0 for none) are added to, from the last row to the first; dX [N, I] is
 * written, unless it is 0. dstate [B, P, I]: the gradient of `last` becomes that of `state`, zeros if dX is 0; 0 for none.
 * work: `convBackwardWork(I, O, taps, groups)` bytes.
 */
export function conv1d_backward(
  windows: usize, I: i32, O: i32, groups: i32,
  x: usize, state: usize, w: usize, dy: usize, dx: usize, dstate: usize, dw: usize, db: usize, work: usize,
): void {
  const d = changetype<Windows>(windows);
  const n = I / groups;
  const o = O / groups;
  const k = d.taps;
  const K = n * k;
  const ld = (<usize>I) << 2;
  const weights = (<usize>(O * K)) << 2;
  const turned = work;
  const dturned = turned + weights;
  const columns = dturned + weights;
  const most = tapsOf(n, k);
  const product = columns + ((<usize>(KC * min(KC, most * n))) << 2);
  const N = outputRows(d);
  if (db) add_column_sums(N, O, dy, O, db);
  turn(O, n, k, dw, dturned);
  if (dx) {
    turn(O, n, k, w, turned);
    memory.fill(dx, 0, <usize>inputRows(d) * ld);
    if (dstate) spreadLast(d, I, dx, dstate);
  } else if (dstate) {
    memory.fill(dstate, 0, <usize>(d.B * (k - 1) * d.dilation) * ld);
  }
  for (let end = N; end > 0; end -= KC) {
    const first = max(end - KC, 0);
    const m = end - first;
    for (let g = 0; g < groups; g++) {
      const dyg = dy + ((<usize>(first * O + g * o)) << 2);
      let at = (<usize>(g * o * K)) << 2;
      for (let j = 0; j < k; j += most) {
        const taps = min(most, k - j);
        for (let i = 0; i < n; i += KC) {
          const ni = min(KC, n - i);
          const width = taps * ni;
          const offset = (<usize>(g * n + i)) << 2;
          gather(d, first, m, j, taps, ni, offset, ld, x, state, columns);
          sgemm_tn_reversed(o, width, m, dyg, O, columns, width, dturned + at, K, product);
          if (dx) {
            sgemm_nn(m, width, o, dyg, O, turned + at, K, 0, columns, width, product);
            scatter(d, first, m, j, taps, ni, offset, ld, columns, dx, dstate);
          }
          at += (<usize>width) << 2;
        }
      }
    }
  }
  turn(O, k, n, dturned, dw);
}
