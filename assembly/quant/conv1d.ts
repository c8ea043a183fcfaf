import { gather } from '../conv/columns';
import { keepLast } from '../conv/state';
import { outputRows, Windows } from '../conv/windows';
import { QUANT_ROWS, quantLinear } from './linear';

/**
 * Y[N′, O] = a convolution of X[N, I] with W[O, taps·I] packed (quant/linear.ts), tap after tap the channels, + b[O] (0 for
 * none). Otherwise as `conv1d_forward` with one group. work: `quantWork(taps·I, planes)` bytes, then QUANT_ROWS rows of
 * taps·I floats.
 */
export function quant_conv1d(
  windows: usize, I: i32, O: i32, planes: i32, x: usize, state: usize, last: usize, w: usize, b: usize, y: usize,
  columns: usize, work: usize,
): void {
  const d = changetype<Windows>(windows);
  const N = outputRows(d);
  const K = I * d.taps;
  const rowK = (<usize>K) << 2;
  const rowO = (<usize>O) << 2;
  for (let first = 0; first < N; first += QUANT_ROWS) {
    const m = min(QUANT_ROWS, N - first);
    gather(d, first, m, 0, d.taps, I, 0, (<usize>I) << 2, x, state, columns);
    quantLinear(m, O, K, planes, columns, rowK, w, b, 0, y, rowO, work);
    y += <usize>m * rowO;
  }
  if (state) keepLast(d, I, x, state, last);
}
