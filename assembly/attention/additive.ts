import { decay, slopeOf, tanhOf, vtanh } from '../math/tanh';
import { flush, hsum, loadLanes, madd, storeLanes } from '../simd';

/** scores[i, j] = Σ scale ⊙ tanh(q[i, :] + k[j, :]), rows of d floats; sizes as in dot_scores. */
export function additive_scores(
  batch: i32, sizes: usize, d: i32, q: usize, k: usize, scale: usize, scores: usize,
): void {
  const bytes = (<usize>d) << 2;
  for (let b = 0; b < batch; b++, sizes += 8) {
    const m = load<i32>(sizes);
    const n = load<i32>(sizes, 4);
    for (let i = 0; i < m; i++, q += bytes) {
      for (let j = 0; j < n; j++, scores += 4) store<f32>(scores, score(d, q, k + <usize>j * bytes, scale));
    }
    k += <usize>n * bytes;
  }
}

function score(d: i32, q: usize, k: usize, scale: usize): f32 {
  let sum = f32x4.splat(0);
  for (; d > 0; d -= 4, q += 16, k += 16, scale += 16) {
    const lanes = min(d, 4);
    const t = vtanh(f32x4.add(loadLanes(q, lanes), loadLanes(k, lanes)));
    // lanes past d are 0
    sum = madd(t, loadLanes(scale, lanes), sum);
  }
  return hsum(sum);
}

/**
 * From the gradient of the scores: dq, dk [Σ steps, d], subnormals +0, and dscale[d] += Σ dscores · tanh(q + k), from the
 * last pair to the first.
 */
export function additive_scores_backward(
  batch: i32, sizes: usize, d: i32, q: usize, k: usize, scale: usize, dscores: usize, dq: usize, dk: usize,
  dscale: usize,
): void {
  const bytes = (<usize>d) << 2;
  let queries: usize = 0;
  let keys: usize = 0;
  let pairs: usize = 0;
  for (let b = 0; b < batch; b++) {
    const m = <usize>load<i32>(sizes + ((<usize>b) << 3));
    const n = <usize>load<i32>(sizes + ((<usize>b) << 3), 4);
    queries += m;
    keys += n;
    pairs += m * n;
  }
  memory.fill(dq, 0, queries * bytes);
  memory.fill(dk, 0, keys * bytes);
  q += queries * bytes;
  dq += queries * bytes;
  dscores += pairs << 2;
  for (let b = batch - 1; b >= 0; b--) {
    const m = load<i32>(sizes + ((<usize>b) << 3));
    const n = load<i32>(sizes + ((<usize>b) << 3), 4);
    keys -= <usize>n;
    for (let i = m - 1; i >= 0; i--) {
      q -= bytes;
      dq -= bytes;
      for (let j = n - 1; j >= 0; j--) {
        dscores -= 4;
        const at = (keys + <usize>j) * bytes;
        scoreBackward(d, load<f32>(dscores), q, k + at, scale, dq, dk + at, dscale);
      }
    }
  }
}

function scoreBackward(
  d: i32, g: f32, q: usize, k: usize, scale: usize, dq: usize, dk: usize, dscale: usize,
): void {
  const by = f32x4.splat(g);
  for (; d > 0; d -= 4) {
    const lanes = min(d, 4);
    const x = f32x4.add(loadLanes(q, lanes), loadLanes(k, lanes));
    const z = decay(x);
    storeLanes(dscale, madd(by, tanhOf(x, z), loadLanes(dscale, lanes)), lanes);
    const dx = f32x4.mul(f32x4.mul(by, loadLanes(scale, lanes)), slopeOf(z));
    storeLanes(dq, flush(f32x4.add(loadLanes(dq, lanes), dx)), lanes);
    storeLanes(dk, flush(f32x4.add(loadLanes(dk, lanes), dx)), lanes);
    q += 16;
    k += 16;
    scale += 16;
    dq += 16;
    dk += 16;
    dscale += 16;
  }
}
