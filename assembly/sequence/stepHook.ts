import { vec_add, vec_scale } from '../vec/elementwise';
import { vec_sum_squares } from '../vec/reduce';

/** What backpropagation does besides, at each step. A pointer of 0 means nothing. */
@unmanaged
export class StepHook {
  /** Largest norm of dL/dh at one step of one row; 0 for no limit. */
  clip: f32;
  /** [T, 3]: ‖dL/dh‖ at each step; the norm of the gradients by all its states; that of what it passes to the step
   * before. 0 for none. */
  flow: usize;
}

/**
 * At step t, m rows: dh [m, W] gets dy added and is clipped row by row; norms are noted. dc, dn [m, H] or 0: gradients of
 * the other states. The step then has no dy of its own.
 */
export function beforeStep(
  watch: usize, t: i32, m: i32, W: i32, dh: usize, dy: usize, H: i32, dc: usize, dn: usize,
): void {
  const w = changetype<StepHook>(watch);
  if (dy) vec_add(m * W, dh, dy, dh);
  if (w.clip > 0) clipRows(m, W, w.clip, dh);
  if (!w.flow) return;
  const at = w.flow + <usize>t * 12;
  const hidden = vec_sum_squares(m * W, dh);
  store<f32>(at, <f32>sqrt(hidden));
  store<f32>(at, <f32>sqrt(hidden + others(m * H, dc, dn)), 4);
}

/** After step t: what it passes on. */
export function afterStep(watch: usize, t: i32, m: i32, W: i32, dh: usize, H: i32, dc: usize, dn: usize): void {
  const w = changetype<StepHook>(watch);
  if (!w.flow) return;
  store<f32>(w.flow + <usize>t * 12, <f32>sqrt(vec_sum_squares(m * W, dh) + others(m * H, dc, dn)), 8);
}

function others(n: i32, dc: usize, dn: usize): f64 {
  const cells = dc ? vec_sum_squares(n, dc) : 0;
  return dn ? cells + vec_sum_squares(n, dn) : cells;
}

function clipRows(m: i32, W: i32, limit: f32, dh: usize): void {
  for (; m > 0; m--, dh += (<usize>W) << 2) {
    const norm = sqrt(vec_sum_squares(W, dh));
    if (norm > <f64>limit) vec_scale(W, <f32>(<f64>limit / norm), dh);
  }
}
