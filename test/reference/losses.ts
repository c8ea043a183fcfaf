import { LOSSES, type LossName } from '../../src/losses/table.ts';
import { sigmoid, softplus } from './math.ts';

export interface Loss {
  value: number;
  /** As the first argument. */
  grad: Float64Array;
}

/** Options of crossEntropy in float64. */
export interface CrossEntropyReference {
  readonly ignoreIndex?: number | undefined;
  readonly weight?: ArrayLike<number> | undefined;
  readonly labelSmoothing?: number | undefined;
}

/**
 * −(1 − ε)·w[t]·log p[t] − ε/V·Σ_c w[c]·log p[c], p = softmax, over the rows not ignored, divided by their Σ w[t]. logits
 * [N, V], targets [N] in 0 ≤ t < V or ignoreIndex. With every row ignored the value is NaN and the gradient zero, as
 * PyTorch.
 */
export function crossEntropy(
  logits: Float64Array,
  targets: Int32Array,
  given: CrossEntropyReference | number = {},
): Loss {
  const {
    ignoreIndex = -100,
    weight,
    labelSmoothing = 0,
  } = typeof given === 'number' ? { ignoreIndex: given } : given;
  const rows = targets.length;
  const vocab = logits.length / rows;
  const w = Array.from({ length: vocab }, (_, c) => Math.fround(weight?.[c] ?? 1));
  const each = labelSmoothing / vocab;
  const grad = new Float64Array(logits.length);
  let count = 0;
  let sum = 0;
  for (const target of targets) if (target !== ignoreIndex) count += w[target]!;
  for (let i = 0; i < rows; i++) {
    const target = targets[i]!;
    if (target === ignoreIndex) continue;
    const row = logits.subarray(i * vocab, (i + 1) * vocab);
    let max = Number.NEGATIVE_INFINITY;
    for (const x of row) max = Math.max(max, x);
    let total = 0;
    for (const x of row) total += Math.exp(x - max);
    // how much of −log p[c] counts
    const parts = w.map((v, c) => each * v + (c === target ? (1 - labelSmoothing) * v : 0));
    const all = parts.reduce((a, b) => a + b, 0);
    for (let j = 0; j < vocab; j++) {
      if (parts[j] !== 0) sum += parts[j]! * (Math.log(total) + max - row[j]!);
      grad[i * vocab + j] = ((all * Math.exp(row[j]! - max)) / total - parts[j]!) / count;
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

/** Mean of −p·t·log σ(x) − (1 − t)·log(1 − σ(x)) over all elements, p the output's weight; targets in [0, 1]. */
export function bceWithLogits(
  logits: Float64Array,
  targets: Float64Array,
  posWeight: number | ArrayLike<number> = 1,
): Loss {
  return meanOf(logits.length, (i) => {
    const x = logits[i]!;
    const t = targets[i]!;
    const p = Math.fround(typeof posWeight === 'number' ? posWeight : posWeight[i % posWeight.length]!);
    return [p * t * softplus(-x) + (1 - t) * softplus(x), (1 - t) * sigmoid(x) - p * t * sigmoid(-x)];
  });
}

/** Mean of |prediction − target| over all elements. */
export function mae(predictions: Float64Array, targets: Float64Array): Loss {
  return meanOf(predictions.length, (i) => {
    const d = predictions[i]! - targets[i]!;
    return [Math.abs(d), Math.sign(d)];
  });
}

/** Mean of max(q·e, (q − 1)·e), e = target − prediction; predictions [N, quantiles], targets [N]. */
export function pinball(
  predictions: Float64Array,
  targets: Float64Array,
  quantiles: ArrayLike<number>,
): Loss {
  const k = quantiles.length;
  return meanOf(predictions.length, (i) => {
    const e = targets[Math.floor(i / k)]! - predictions[i]!;
    const q = Math.fround(quantiles[i % k]!);
    return e > 0 ? [q * e, -q] : [(q - 1) * e, e < 0 ? 1 - q : 0];
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
  /** Outputs per row where the kernel is compared with it, if targets are features; suites of models have 6. Default 1. */
  readonly size?: number;
}

/** Weights of the 11 classes that suites of models have. */
const WEIGHTS = [1, 0.5, 2, 0, 1.25, 3, 0.1, 1, 0.7, 1.5, 0.3];

/** Each loss of steps' reference; ctc's is in ctc.ts. A row that is missing is a type error. */
export const lossReferences: { readonly [K in Exclude<LossName, 'ctc'>]: LossReference<Options<K>> } = {
  crossEntropy: {
    of: (output, y, options) => crossEntropy(output, Int32Array.from(y), options),
    cases: [
      {},
      { ignoreIndex: 0 },
      { ignoreIndex: 4 },
      { labelSmoothing: 0.1 },
      { weight: WEIGHTS },
      { weight: WEIGHTS, labelSmoothing: 0.3, ignoreIndex: 2 },
    ],
    range: 4,
  },
  huber: {
    of: (output, y, { delta }) => huber(output, Float64Array.from(y), delta),
    cases: [{}, { delta: 0.3 }, { delta: 2.5 }],
    range: 2,
  },
  mse: { of: (output, y) => mse(output, Float64Array.from(y)), cases: [{}], range: 2 },
  mae: { of: (output, y) => mae(output, Float64Array.from(y)), cases: [{}], range: 2 },
  pinball: {
    of: (output, y, { quantiles }) => pinball(output, Float64Array.from(y), quantiles),
    cases: [{ quantiles: [0.5] }, { quantiles: [0.1, 0.5, 0.95] }],
    range: 2,
    size: 3,
  },
  bceWithLogits: {
    of: (output, y, { posWeight }) => bceWithLogits(output, Float64Array.from(y), posWeight),
    cases: [{}, { posWeight: 3 }, { posWeight: [0.5, 1, 2, 0, 4, 1.5] }],
    size: 6,
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
  readonly size: number;
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
      size: 'size' in row ? row.size! : 1,
      make: () => LOSSES[name](options as never),
      reference: (output, targets) => row.of(output, targets, options as never),
      target: 'target' in row ? row.target! : (uniform) => uniform,
    };
  }),
);
