import { flush, loadLanes, storeLanes } from '../simd';
import { vtanh } from '../math/tanh';

/** h[n] = φ(h[n]) in place: φ = tanh, or max(0, ·) when relu. A subnormal state becomes 0, or it would stay. */
export function rnn_cell_forward(n: i32, relu: i32, h: usize): void {
  if (relu) {
    for (; n > 0; n -= 4, h += 16) {
      const w = min(n, 4);
      storeLanes(h, flush(f32x4.max(f32x4.splat(0), loadLanes(h, w))), w);
    }
    return;
  }
  for (; n >= 4; n -= 4, h += 16) v128.store(h, flush(vtanh(v128.load(h))));
  if (n > 0) storeLanes(h, flush(vtanh(loadLanes(h, n))), n);
}

/**
 * da[n] = (dh + dy) ⊙ φ′ from h = φ(a); dy = 0 for none. Subnormals become 0 (practice of every native library:
 * the gradient of a vanishing sequence falls through them).
 */
export function rnn_cell_backward(n: i32, relu: i32, h: usize, dh: usize, dy: usize, da: usize): void {
  for (; n >= 4; n -= 4, h += 16, dh += 16, da += 16) {
    lanes(4, relu, h, dh, dy, da);
    if (dy) dy += 16;
  }
  if (n > 0) lanes(n, relu, h, dh, dy, da);
}

// @ts-ignore: decorator
@inline
function lanes(n: i32, relu: i32, h: usize, dh: usize, dy: usize, da: usize): void {
  const y = loadLanes(h, n);
  let d = loadLanes(dh, n);
  if (dy) d = f32x4.add(d, loadLanes(dy, n));
  // not(y <= 0), so that NaN keeps its gradient
  if (relu) d = v128.andnot(d, f32x4.le(y, f32x4.splat(0)));
  else d = f32x4.mul(d, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
  storeLanes(da, flush(d), n);
}
