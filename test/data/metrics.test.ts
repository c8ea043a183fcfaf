import { ArgumentError } from 'unrolled';
import { type Metric, type MetricRows, metrics } from 'unrolled/data';
import { describe, expect, test } from 'vitest';
import { Draw } from '../model/helpers.ts';

type Targets = Float32Array | Int32Array;

/** The metric of batches of up to 7 rows. */
function inBatches(metric: Metric, output: Float32Array, target: Targets, rows: MetricRows): unknown {
  const width = target.length / rows.count;
  metric.reset();
  for (let i = 0; i < rows.count; i += 7) {
    const n = Math.min(7, rows.count - i);
    metric.update(
      output.slice(i * rows.size, (i + n) * rows.size),
      target.slice(i * width, (i + n) * width) as Float32Array,
      { ...rows, count: n, weights: rows.weights && Array.from(rows.weights).slice(i, i + n) },
    );
  }
  return metric.result();
}

const [N, C] = [60, 4];
const draw = new Draw(3);
const output = draw.features(1, N, C).data;
const labels = draw.indices(C, N).data;
const weights = Float32Array.from({ length: N }, () => draw.integer(1, 8) / 4);
const bits = Float32Array.from(draw.indices(2, N * C).data);
const targets = draw.features(1, N, C).data;

/** References in float64, over lists of rows. */
const row = (i: number) => Array.from(output.subarray(i * C, (i + 1) * C));
const predicted = Array.from({ length: N }, (_, i) => row(i).indexOf(Math.max(...row(i))));
const mean = (values: readonly number[], w?: ArrayLike<number>) => {
  const total = w ? Array.from(w).reduce((a, b) => a + b) : values.length;
  return values.reduce((sum, v, i) => sum + v * (w ? w[i]! : 1), 0) / total;
};
const tally = (is: (i: number) => boolean, w?: ArrayLike<number>) =>
  Array.from({ length: N }, (_, i) => (is(i) ? (w ? w[i]! : 1) : 0)).reduce((a, b) => a + b, 0);
const f1Of = (tp: number, fp: number, fn: number) => (tp + fp + fn ? (2 * tp) / (2 * tp + fp + fn) : 0);
const perClass = (w?: ArrayLike<number>) =>
  Array.from({ length: C }, (_, c) =>
    f1Of(
      tally((i) => labels[i] === c && predicted[i] === c, w),
      tally((i) => labels[i] !== c && predicted[i] === c, w),
      tally((i) => labels[i] === c && predicted[i] !== c, w),
    ),
  );
const nll = Array.from({ length: N }, (_, i) => {
  const sum = row(i).reduce((s, v) => s + Math.exp(v), 0);
  return Math.log(sum) - row(i)[labels[i]!]!;
});

describe.each([
  ['all rows alike', undefined],
  ['weights', weights],
] as const)('metrics of class indices, %s', (_, w) => {
  const rows: MetricRows = { count: N, size: C, targets: 'indices', weights: w };
  test.each<[string, Metric, unknown]>([
    [
      'accuracy',
      metrics.accuracy(),
      mean(
        predicted.map((p, i) => Number(p === labels[i])),
        w,
      ),
    ],
    [
      'topK',
      metrics.topK({ k: 2 }),
      mean(
        nll.map((_, i) => Number(row(i).filter((v) => v > row(i)[labels[i]!]!).length < 2)),
        w,
      ),
    ],
    ['f1', metrics.f1(), mean(perClass(w))],
    ['f1 per class', metrics.f1({ average: 'none' }), perClass(w)],
    [
      'f1 micro',
      metrics.f1({ average: 'micro' }),
      mean(
        predicted.map((p, i) => Number(p === labels[i])),
        w,
      ),
    ],
    [
      'confusion',
      metrics.confusion(),
      Array.from({ length: C }, (_, a) =>
        Array.from({ length: C }, (_, b) => tally((i) => labels[i] === a && predicted[i] === b, w)),
      ),
    ],
    ['perplexity', metrics.perplexity(), Math.exp(mean(nll, w))],
  ])('%s', (_, metric, expected) => {
    const got = inBatches(metric, output, labels, rows);
    const flat = (value: unknown): number[] => [value].flat(3) as number[];
    expect(flat(got).length).toBe(flat(expected).length);
    for (const [i, value] of flat(expected).entries()) expect(flat(got)[i]).toBeCloseTo(value, 9);
  });
});

describe.each([
  ['all rows alike', undefined],
  ['weights', weights],
] as const)('metrics of features, %s', (_, w) => {
  const rows: MetricRows = { count: N, size: C, targets: 'features', weights: w };
  const perRow = (of: (i: number, j: number) => number) =>
    Array.from({ length: N }, (_, i) => mean(Array.from({ length: C }, (_, j) => of(i * C + j, j))));
  const labelF1 = Array.from({ length: C }, (_, c) =>
    f1Of(
      tally((i) => bits[i * C + c] === 1 && output[i * C + c]! > 0, w),
      tally((i) => bits[i * C + c] === 0 && output[i * C + c]! > 0, w),
      tally((i) => bits[i * C + c] === 1 && output[i * C + c]! <= 0, w),
    ),
  );
  test.each<[string, Metric, Float32Array, number]>([
    [
      'mae',
      metrics.mae(),
      targets,
      mean(
        perRow((i) => Math.abs(output[i]! - targets[i]!)),
        w,
      ),
    ],
    [
      'rmse',
      metrics.rmse(),
      targets,
      Math.sqrt(
        mean(
          perRow((i) => (output[i]! - targets[i]!) ** 2),
          w,
        ),
      ),
    ],
    [
      'accuracy',
      metrics.accuracy(),
      bits,
      mean(
        perRow((i) => Number(output[i]! > 0 === bits[i]! > 0.5)),
        w,
      ),
    ],
    ['f1', metrics.f1(), bits, mean(labelF1)],
  ])('%s', (_, metric, target, expected) => {
    expect(inBatches(metric, output, target, rows)).toBeCloseTo(expected, 9);
  });

  test('confusion of one output', () => {
    const one = output.slice(0, N);
    const is = bits.slice(0, N);
    const got = inBatches(metrics.confusion(), one, is, {
      count: N,
      size: 1,
      targets: 'features',
      weights: w,
    });
    const cell = (a: number, b: number) => tally((i) => is[i] === a && Number(one[i]! > 0) === b, w);
    expect(got).toEqual([
      [cell(0, 0), cell(0, 1)],
      [cell(1, 0), cell(1, 1)],
    ]);
  });
});

describe('metrics', () => {
  const none: MetricRows = { count: 1, size: 2, targets: 'indices' };

  test('macro F1 leaves out classes that occur nowhere', () => {
    const metric = metrics.f1();
    metric.update(Float32Array.of(1, 0, -1), Int32Array.of(0), { count: 1, size: 3, targets: 'indices' });
    expect(metric.result()).toBe(1);
  });

  test('of equal outputs the first is the largest, and comes first', () => {
    const [accuracy, top] = [metrics.accuracy(), metrics.topK({ k: 1 })];
    for (const metric of [accuracy, top]) metric.update(Float32Array.of(1, 1), Int32Array.of(1), none);
    expect([accuracy.result(), top.result()]).toEqual([0, 0]);
  });

  test('NaN is above all others, and a target of NaN below them', () => {
    const outputs = Float32Array.of(NaN, NaN, 1, NaN, NaN, 1);
    const metric = metrics.topK({ k: 1 });
    const update = (targets: number[]) =>
      metric.update(outputs, Int32Array.from(targets), { count: 3, size: 2, targets: 'indices' });
    update([0, 0, 0]);
    update([1, 1, 1]);
    expect(metric.result()).toBe(0);
  });

  test('large logits do not overflow', () => {
    const metric = metrics.perplexity();
    metric.update(Float32Array.of(1e30, 0), Int32Array.of(0), none);
    expect(metric.result()).toBe(1);
  });

  test('no rows are NaN, no classes', () => {
    for (const name of ['accuracy', 'topK', 'f1', 'mae', 'rmse', 'perplexity'] as const)
      expect(metrics[name]().result()).toBeNaN();
    expect(metrics.confusion().result()).toEqual([]);
  });

  test.each([
    ['k', () => metrics.topK({ k: 0 })],
    ['average', () => metrics.f1({ average: 'weighted' as never })],
    ['accuracy: threshold', () => metrics.accuracy({ threshold: 1 } as never)],
    ['metrics', () => metrics.mae().update(output, labels, { count: 1, size: C, targets: 'indices' })],
    ['metrics', () => metrics.perplexity().update(output, bits, { count: 1, size: C, targets: 'features' })],
    ['metrics', () => metrics.topK().update(output, bits, { count: 1, size: C, targets: 'features' })],
    ['metrics', () => metrics.confusion().update(output, bits, { count: 1, size: C, targets: 'features' })],
  ])('%s is refused', (argument, call) => {
    expect(call).toThrow(expect.objectContaining({ argument, name: 'ArgumentError' }));
    expect(call).toThrow(ArgumentError);
  });
});
