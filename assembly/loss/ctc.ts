import { exp64 } from '../math/exp64';
import { log64 } from '../math/log';
import { vec_max } from '../math/largest';
import { rowExp } from './cross_entropy';

/**
 * Connectionist temporal classification (Graves et al. 2006) of one sequence in log space: −ln of the probability that
 * `steps` rows of n logits, row t of them row rows[t] of x [·, n], spell s labels, blanks and repeats left out. dx, 0 to
 * leave it out, has the rows of x: scale times the gradient. work: 8·((steps + 2)·(2s + 1) + steps) bytes. Infinite if no
 * alignment is possible, the gradient NaN then. Preconditions: steps >= 1; labels and blank in 0..n−1; dx is not x.
 */
export function ctc(
  steps: i32, n: i32, x: usize, rows: usize, s: i32, labels: usize, blank: i32, scale: f64, dx: usize, work: usize,
): f64 {
  const states = 2 * s + 1;
  const wide = (<usize>states) << 3;
  const bytes = (<usize>n) << 2;
  const logs = work + wide * (<usize>steps + 2);
  let alpha = work;
  for (let t = 0; t < steps; t++, alpha += wide) {
    const at = <usize>load<i32>(rows + ((<usize>t) << 2)) * bytes;
    const row = x + at;
    const largest = vec_max(n, row);
    const sum = rowExp(n, row, largest, dx ? dx + at : 0);
    if (dx) scaleRow(n, scale / <f64>sum, dx + at);
    const log: f64 = <f64>largest + log64(<f64>sum);
    store<f64>(logs + ((<usize>t) << 3), log);
    for (let i = 0; i < states; i++) {
      let reach: f64 = -Infinity;
      if (t == 0) {
        if (i < 2) reach = 0;
      } else {
        const before = alpha - wide;
        reach = load<f64>(before + ((<usize>i) << 3));
        if (i > 0) reach = addLogs(reach, load<f64>(before + ((<usize>(i - 1)) << 3)));
        if (skips(labels, i, blank)) reach = addLogs(reach, load<f64>(before + ((<usize>(i - 2)) << 3)));
      }
      const label = labelAt(labels, i, blank);
      store<f64>(alpha + ((<usize>i) << 3), reach + (<f64>load<f32>(row + ((<usize>label) << 2)) - log));
    }
  }
  alpha -= wide;
  let total = load<f64>(alpha + ((<usize>(states - 1)) << 3));
  if (s > 0) total = addLogs(total, load<f64>(alpha + ((<usize>(states - 2)) << 3)));
  if (dx) backward(steps, n, x, rows, states, labels, blank, scale, dx, alpha, logs, total, work + wide * <usize>steps);
  return -total;
}

/** Takes scale times the probability of each label at each step from dx. alpha: of the last step; beta: 2 rows of states. */
function backward(
  steps: i32, n: i32, x: usize, rows: usize, states: i32, labels: usize, blank: i32, scale: f64, dx: usize,
  alpha: usize, logs: usize, total: f64, beta: usize,
): void {
  const wide = (<usize>states) << 3;
  const bytes = (<usize>n) << 2;
  // of the step after, with its emission
  let later = beta + wide;
  let now = beta;
  for (let t = steps - 1; t >= 0; t--, alpha -= wide) {
    const at = <usize>load<i32>(rows + ((<usize>t) << 2)) * bytes;
    const row = x + at;
    const log = load<f64>(logs + ((<usize>t) << 3));
    for (let i = 0; i < states; i++) {
      let reach: f64 = -Infinity;
      if (t == steps - 1) {
        if (i >= states - 2) reach = 0;
      } else {
        reach = load<f64>(later + ((<usize>i) << 3));
        if (i + 1 < states) reach = addLogs(reach, load<f64>(later + ((<usize>(i + 1)) << 3)));
        if (i + 2 < states && skips(labels, i + 2, blank)) {
          reach = addLogs(reach, load<f64>(later + ((<usize>(i + 2)) << 3)));
        }
      }
      const label = labelAt(labels, i, blank);
      const to = dx + at + ((<usize>label) << 2);
      const share = exp64(min<f64>(0, load<f64>(alpha + ((<usize>i) << 3)) + reach - total));
      store<f32>(to, load<f32>(to) - <f32>(scale * share));
      store<f64>(now + ((<usize>i) << 3), reach + (<f64>load<f32>(row + ((<usize>label) << 2)) - log));
    }
    const swapped = later;
    later = now;
    now = swapped;
  }
}

/** State i: blanks at even places, labels at odd ones. */
// @ts-ignore: decorator
@inline
function labelAt(labels: usize, i: i32, blank: i32): i32 {
  return i & 1 ? load<i32>(labels + ((<usize>(i >> 1)) << 2)) : blank;
}

/** Whether state i may follow i − 2: a label other than the one before. */
// @ts-ignore: decorator
@inline
function skips(labels: usize, i: i32, blank: i32): bool {
  return i > 2 && (i & 1) == 1 && labelAt(labels, i, blank) != labelAt(labels, i - 2, blank);
}

/** ln(e^a + e^b). */
// @ts-ignore: decorator
@inline
function addLogs(a: f64, b: f64): f64 {
  const high = a > b ? a : b;
  const low = a > b ? b : a;
  return low == -Infinity ? high : high + log64(1.0 + exp64(low - high));
}

function scaleRow(n: i32, s: f64, x: usize): void {
  for (; n > 0; n--, x += 4) store<f32>(x, <f32>(<f64>load<f32>(x) * s));
}
