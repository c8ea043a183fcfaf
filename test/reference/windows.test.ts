import { describe, expect, test } from 'vitest';
import * as conv1d from './conv1d.ts';
import { numericGradient, relativeError } from './gradcheck.ts';
import * as pool from './pool.ts';
import { generator, uniform } from './random.ts';
import { type WindowShape, windowsOf } from './windows.ts';

const shapes: WindowShape[] = [
  { size: 1, stride: 1, dilation: 1, padding: 'valid' },
  { size: 3, stride: 1, dilation: 2, padding: 'causal' },
  { size: 4, stride: 2, dilation: 1, padding: 'same' },
  { size: 2, stride: 3, dilation: 2, padding: 1 },
];

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, v, i) => sum + v * b[i]!, 0);
}

describe('windows', () => {
  test("same padding is TensorFlow's: more behind than before, and none where the stride leaves a rest", () => {
    expect(windowsOf({ size: 4, stride: 1, dilation: 1, padding: 'same' }, 3).map((w) => w[0])).toEqual([
      -1, 0, 1,
    ]);
    expect(windowsOf({ size: 3, stride: 2, dilation: 1, padding: 'same' }, 4)).toEqual([
      [0, 1, 2],
      [2, 3, 4],
    ]);
    expect(windowsOf({ size: 1, stride: 3, dilation: 1, padding: 'same' }, 4)).toEqual([[0], [3]]);
  });
});

describe.each(shapes)('%o', (shape) => {
  const next = generator(5);
  const p: conv1d.Conv1dParams = {
    ...shape,
    inChannels: 4,
    outChannels: 6,
    groups: 2,
    weight: uniform(next, 6 * 2 * shape.size),
    bias: uniform(next, 6),
  };
  const x = uniform(next, 7 * 4);

  test('convolution: gradients are central differences', () => {
    const P = (shape.size - 1) * shape.dilation;
    const before = shape.padding === 'causal' ? uniform(next, P * 4) : new Float64Array(P * 4);
    const dY = uniform(next, conv1d.forward(p, x, before).length);
    const dLast = shape.padding === 'causal' ? uniform(next, P * 4) : new Float64Array(P * 4);
    const loss = () => dot(conv1d.forward(p, x, before), dY) + dot(conv1d.last(x, before), dLast);
    const { dX, dBefore, dWeight, dBias } = conv1d.backward(p, x, dY, before, dLast);
    const pairs: [Float64Array, Float64Array][] = [
      [dX, x],
      [dWeight, p.weight],
      [dBias, p.bias!],
    ];
    if (shape.padding === 'causal') pairs.push([dBefore, before]);
    for (const [got, leaf] of pairs)
      expect(relativeError(got, numericGradient(loss, leaf), 1e-2)).toBeLessThan(1e-6);
  });

  test.each(['max', 'mean'] as const)('pooling, %s: gradients are central differences', (kind) => {
    const { y } = pool.forward(kind, shape, x, 4);
    const dY = uniform(next, y.length);
    const loss = () => dot(pool.forward(kind, shape, x, 4).y, dY);
    const dX = pool.backward(kind, shape, x, 4, dY);
    expect(relativeError(dX, numericGradient(loss, x), 1e-2)).toBeLessThan(1e-6);
  });
});

test('a convolution is a sum of shifted products', () => {
  const p = {
    size: 2,
    stride: 1,
    dilation: 1,
    padding: 'valid',
    inChannels: 1,
    outChannels: 1,
    groups: 1,
  } as const;
  const weight = Float64Array.of(10, 1);
  expect([...conv1d.forward({ ...p, weight }, Float64Array.of(1, 2, 3))]).toEqual([12, 23]);
});

test('the largest of equal ones is the first', () => {
  const shape = { size: 3, stride: 3, dilation: 1, padding: 'valid' } as const;
  expect([...pool.backward('max', shape, Float64Array.of(1, 2, 2), 1, Float64Array.of(5))]).toEqual([
    0, 5, 0,
  ]);
});
