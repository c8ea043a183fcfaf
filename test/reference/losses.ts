import { LOSSES, type LossName } from '../../src/losses/table.ts';
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

/** The mean of n terms. Each gives its value and its slope. */
function meanOf(n: number, term: (i: number) => readonly [value: number, slope: number]): Loss {
  const grad = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const [value, slope] = term(i);
    sum += value;
    grad[i] = slope / n;
  }
  return { value: sum / n, grad };
}

/** Mean of (prediction − target)² over all elements. */
export function mse(predictions: Float64Array, targets: Float64Array): Loss {
  return meanOf(predictions.length, (i) => {
    const d = predictions[i]! - targets[i]!;
    return [d * d, 2 * d];
  });
}

/** Mean of −t·log σ(x) − (1 − t)·log(1 − σ(x)) over all elements; targets in [0, 1]. */
export function bceWithLogits(logits: Float64Array, targets: Float64Array): Loss {
  return meanOf(logits.length, (i) => {
    const x = logits[i]!;
    const t = targets[i]!;
    return [softplus(x) - t * x, sigmoid(x) - t];
  });
}

/** Mean of d²/2 where |d| <= delta, else delta·(|d| − delta/2), d = prediction − target, over all elements. */
export function huber(predictions: Float64Array, targets: Float64Array, delta = 1): Loss {
  return meanOf(predictions.length, (i) => {
    const d = predictions[i]! - targets[i]!;
    if (Math.abs(d) <= delta) return [(d * d) / 2, d];
    return [delta * (Math.abs(d) - delta / 2), delta * Math.sign(d)];
  });
}

type Options<K extends LossName> = NonNullable<Parameters<(typeof LOSSES)[K]>[0]>;

/** A loss in float64, and what suites draw for it. */
export interface LossReference<O = never> {
  /** Targets as the loss takes them. */
  readonly of: (output: Float64Array, targets: ArrayLike<number>, options: O) => Loss;
  /** Options; suites try each of them. */
  readonly cases: readonly O[];
  /** A target from a number in ±1, where targets are features. */
  readonly target?: (uniform: number) => number;
  /** Range of outputs where the kernel is compared with it. */
  readonly range: number;
}

/** Each loss's reference. A row that is missing is a type error. */
export const lossReferences: { readonly [K in LossName]: LossReference<Options<K>> } = {
  crossEntropy: {
    of: (output, y, { ignoreIndex }) => crossEntropy(output, Int32Array.from(y), ignoreIndex),
    cases: [{}, { ignoreIndex: 0 }, { ignoreIndex: 4 }],
    range: 4,
  },
  huber: {
    of: (output, y, { delta }) => huber(output, Float64Array.from(y), delta),
    cases: [{}, { delta: 0.3 }, { delta: 2.5 }],
    range: 2,
  },
  mse: { of: (output, y) => mse(output, Float64Array.from(y)), cases: [{}], range: 2 },
  bceWithLogits: {
    of: (output, y) => bceWithLogits(output, Float64Array.from(y)),
    cases: [{}],
    // hard and soft ones
    target: (uniform) => (uniform < -0.5 ? 0 : uniform > 0.5 ? 1 : uniform + 0.5),
    range: 6,
  },
};

/** A loss with options: a new one, and its reference. */
export interface LossCase {
  readonly label: string;
  readonly name: LossName;
  readonly options: object;
  readonly range: number;
  make(): ReturnType<(typeof LOSSES)[LossName]>;
  reference(output: Float64Array, targets: ArrayLike<number>): Loss;
  target(uniform: number): number;
}

/** Every loss with every set of options. */
export const lossCases: readonly LossCase[] = Object.entries(lossReferences).flatMap(([key, row]) =>
  row.cases.map((options) => {
    const name = key as LossName;
    return {
      label: `${name} ${JSON.stringify(options)}`,
      name,
      options,
      range: row.range,
      make: () => LOSSES[name](options as never),
      reference: (output, targets) => row.of(output, targets, options as never),
      target: 'target' in row ? row.target! : (uniform) => uniform,
    };
  }),
);
