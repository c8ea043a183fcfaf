import { describe, expect, test } from 'vitest';
import { type AttentionCase, attention, attentionBackward } from './attention.ts';
import { batchNorm, batchNormBackward, running } from './batchNorm.ts';
import { numericGradient, relativeError } from './gradcheck.ts';
import { generator, uniform } from './random.ts';
import { logSoftmax, logSoftmaxBackward, softmax, softmaxBackward } from './softmax.ts';

const draw = (seed: number, n: number, scale = 1) => uniform(generator(seed), n, scale);
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);

/** Gradients of Σ seed·f by each of the arrays, against central differences. */
function check(arrays: Readonly<Record<string, Float64Array>>, f: () => number, got: object): void {
  for (const [name, array] of Object.entries(arrays)) {
    const found = (got as Record<string, Float64Array>)[name]!;
    expect(relativeError(found, numericGradient(f, array), 1e-3), name).toBeLessThan(1e-6);
  }
}

describe('the references against central differences:', () => {
  test.each([
    [2, 1],
    [5, 3],
    [9, 4],
  ])('batch normalization, [%i, %i]', (m, n) => {
    const [x, w, b, dy] = [draw(1, m * n), draw(2, n), draw(3, n), draw(4, m * n)];
    const run = () => batchNorm(m, n, x!, w!, b!, 1e-3);
    const { dx, dw, db } = batchNormBackward(m, n, dy!, w!, run());
    check({ x: x!, w: w!, b: b! }, () => dot(run().y, dy!), { x: dx, w: dw, b: db });
  });

  test('batch normalization has mean bias and deviation |weight|; running statistics are torch’s', () => {
    const x = Float64Array.from([1, 2, 3, 6]);
    const pass = batchNorm(4, 1, x, Float64Array.from([2]), Float64Array.from([5]), 0);
    expect(pass.y.reduce((a, v) => a + v, 0) / 4).toBeCloseTo(5, 12);
    expect(pass.y.reduce((a, v) => a + (v - 5) ** 2, 0) / 4).toBeCloseTo(4, 12);
    // torch.nn.BatchNorm1d(1): running_mean 0.3, running_var 0.9 + 0.1 · 14/3
    const { mean, variance } = running(pass, 4, 0.1, { mean: [0], variance: [1] });
    expect(mean[0]).toBeCloseTo(0.3, 12);
    expect(variance[0]).toBeCloseTo(0.9 + 1.4 / 3, 12);
  });

  test.each([1, 2, 5])('softmax and its logarithm, %i features', (n) => {
    const [x, dy] = [draw(5, 3 * n, 2), draw(6, 3 * n)];
    check({ x }, () => dot(softmax(n, x), dy), { x: softmaxBackward(n, dy, softmax(n, x)) });
    check({ x }, () => dot(logSoftmax(n, x), dy), { x: logSoftmaxBackward(n, dy, logSoftmax(n, x)) });
  });

  test.each(['dot', 'additive'])('attention, %s', (kind) => {
    for (const [m, n] of [
      [1, 1],
      [3, 4],
      [2, 0],
    ] as const) {
      const [d, dv] = [3, 2];
      const c: AttentionCase = {
        ...{ d, dv, q: draw(7, m * d), k: draw(8, n * d), v: draw(9, n * dv), factor: 0.7 },
        scale: kind === 'dot' ? undefined : draw(10, d),
      };
      const dO = draw(11, m * dv);
      const { dQ, dK, dV, dScale } = attentionBackward(c, dO);
      const { q, k, v, scale } = c;
      const arrays = { q, k, v, ...(scale ? { scale } : {}) };
      check(arrays, () => dot(attention(c).o, dO), { q: dQ, k: dK, v: dV, scale: dScale });
    }
  });
});
