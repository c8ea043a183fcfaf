import { sigmoid, softplus } from './math.ts';

export interface Loss {
  value: number;
  /** As the first argument. */
  grad: Float64Array;
}

/**
 * −log softmax at the target, mean over the rows not ignored. logits [N, V], targets [N] in 0 ≤ t < V or
 * ignoreIndex. With every row ignored the value is NaN and the gradient zero, as PyTorch.
 */
export function crossEntropy(logits: Float64Array, targets: Int32Array, ignoreIndex = -100): Loss {
  const rows = targets.length;
  const vocab = logits.length / rows;
  const grad = new Float64Array(logits.length);
  let count = 0;
  for (const target of targets) if (target !== ignoreIndex) count++;
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    const target = targets[i]!;
    if (target === ignoreIndex) continue;
    const row = logits.subarray(i * vocab, (i + 1) * vocab);
    let max = Number.NEGATIVE_INFINITY;
    for (const x of row) max = Math.max(max, x);
    let total = 0;
    for (const x of row) total += Math.exp(x - max);
    sum += Math.log(total) + max - row[target]!;
    for (let j = 0; j < vocab; j++) {
      grad[i * vocab + j] = (Math.exp(row[j]! - max) / total - (j === target ? 1 : 0)) / count;
    }
  }
  return { value: sum / count, grad };
}

/** Mean of (prediction − target)² over all elements. */
export function mse(predictions: Float64Array, targets: Float64Array): Loss {
  const n = predictions.length;
  const grad = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const d = predictions[i]! - targets[i]!;
    sum += d * d;
    grad[i] = (2 * d) / n;
  }
  return { value: sum / n, grad };
}

/** Mean of −t·log σ(x) − (1 − t)·log(1 − σ(x)) over all elements; targets in [0, 1]. */
export function bceWithLogits(logits: Float64Array, targets: Float64Array): Loss {
  const n = logits.length;
  const grad = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = logits[i]!;
    const t = targets[i]!;
    sum += softplus(x) - t * x;
    grad[i] = (sigmoid(x) - t) / n;
  }
  return { value: sum / n, grad };
}
