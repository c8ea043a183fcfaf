import { decay, slopeOf, tanhCall, tanhOf, vtanh } from '../math/tanh';
import { flush, loadLanes, storeLanes } from '../simd';
import { isShared, meet, share, start } from '../team';

/** h[n] = φ(h[n]) in place: φ = tanh, or max(0, ·) when relu. A subnormal state becomes 0, or it would stay. */
export function rnn_cell_forward(n: i32, relu: i32, h: usize): void {
  if (isShared()) {
    n = share(n, 8);
    h += start << 2;
  }
  // eight lanes as two vectors in step, loads before stores: V8 can merge them into 256-bit operations
  for (; n >= 8; n -= 8, h += 32) {
    const a0 = v128.load(h);
    const a1 = v128.load(h, 16);
    const zero = f32x4.splat(0);
    v128.store(h, flush(relu ? f32x4.max(zero, a0) : vtanh(a0)));
    v128.store(h, flush(relu ? f32x4.max(zero, a1) : vtanh(a1)), 16);
  }
  for (; n > 0; n -= 4, h += 16) forwardLanes(min(n, 4), relu, h);
  meet();
}

// @ts-ignore: decorator
@inline
function forwardLanes(n: i32, relu: i32, h: usize): void {
  const a = loadLanes(h, n);
  storeLanes(h, flush(relu ? f32x4.max(f32x4.splat(0), a) : tanhCall(a)), n);
}

/** As rnn_cell_forward, and slope[n] = φ′ of what h held. */
export function rnn_cell_forward_train(n: i32, relu: i32, h: usize, slope: usize): void {
  if (isShared()) {
    n = share(n, 8);
    h += start << 2;
    slope += start << 2;
  }
  for (; !relu && n >= 8; n -= 8, h += 32, slope += 32) {
    const a0 = v128.load(h);
    const a1 = v128.load(h, 16);
    const z0 = decay(a0);
    const z1 = decay(a1);
    const y0 = flush(tanhOf(a0, z0));
    const y1 = flush(tanhOf(a1, z1));
    v128.store(h, y0);
    v128.store(h, y1, 16);
    v128.store(slope, slopeOf(z0));
    v128.store(slope, slopeOf(z1), 16);
  }
  for (; n > 0; n -= 4, h += 16, slope += 16) trainLanes(min(n, 4), relu, h, slope);
  meet();
}

// @ts-ignore: decorator
@inline
function trainLanes(n: i32, relu: i32, h: usize, slope: usize): void {
  const a = loadLanes(h, n);
  if (relu) {
    storeLanes(h, flush(f32x4.max(f32x4.splat(0), a)), n);
    // not(a <= 0), so that NaN keeps its gradient
    storeLanes(slope, v128.andnot(f32x4.splat(1), f32x4.le(a, f32x4.splat(0))), n);
  } else {
    const z = decay(a);
    storeLanes(h, flush(tanhOf(a, z)), n);
    storeLanes(slope, slopeOf(z), n);
  }
}

/**
 * da[n] = (dh + dy) ⊙ da, where da held φ′; dy = 0 for none. Subnormals become 0: the gradient of a vanishing sequence
 * falls through them, and wasm can't switch them off.
 */
export function rnn_cell_backward(n: i32, dh: usize, dy: usize, da: usize): void {
  if (isShared()) {
    n = share(n, 8);
    dh += start << 2;
    da += start << 2;
    if (dy) dy += start << 2;
  }
  for (; n >= 4; n -= 4, dh += 16, da += 16) {
    backwardLanes(4, dh, dy, da);
    if (dy) dy += 16;
  }
  if (n > 0) backwardLanes(n, dh, dy, da);
  meet();
}

// @ts-ignore: decorator
@inline
function backwardLanes(n: i32, dh: usize, dy: usize, da: usize): void {
  let d = loadLanes(dh, n);
  if (dy) d = f32x4.add(d, loadLanes(dy, n));
  storeLanes(da, flush(f32x4.mul(d, loadLanes(da, n))), n);
}
