import { describe, expect, test } from 'vitest';
import { gather, scatterAdd } from './embedding.ts';
import { gemm } from './gemm.ts';
import { numericGradient, relativeError } from './gradcheck.ts';
import * as gru from './gru.ts';
import type { LayerGradients, LayerParams } from './layer.ts';
import * as linear from './linear.ts';
import { bceWithLogits, crossEntropy, lossCases, mse } from './losses.ts';
import * as lstm from './lstm.ts';
import { sigmoid, softplus, ulpDiff32 } from './math.ts';
import {
  adagrad,
  adam,
  adamW,
  clipGradNorm,
  clipGradValue,
  type Optimizer,
  rmsprop,
  sgd,
} from './optimizers.ts';
import { generator, uniform } from './random.ts';
import * as rnn from './rnn.ts';
import { backwardStack, type CellName, runStack, type Tensors } from './stack.ts';

/** Relative; elements under FLOOR are compared absolutely, to TOLERANCE·FLOOR. */
const TOLERANCE = 1e-6;
const FLOOR = 1e-2;

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Every gradient against central differences of `loss` by the leaf of the same name. */
function expectGradients(loss: () => number, leaves: Tensors, gradients: Tensors): void {
  expect(Object.keys(gradients).sort()).toEqual(Object.keys(leaves).sort());
  for (const [name, leaf] of Object.entries(leaves)) {
    const error = relativeError(gradients[name]!, numericGradient(loss, leaf), FLOOR);
    expect(error, name).toBeLessThan(TOLERANCE);
  }
}

describe('gemm', () => {
  const a = [1, 2, 3, 4, 5, 6];
  const b = [1, -1, 0, 2, 3, 1];
  const plain = { m: 2, n: 2, k: 3, a, lda: 3, ta: false, b, ldb: 2, tb: false, beta: 0, ldc: 2 };

  test('[2, 3] by [3, 2], beta 0 over NaN, and the sums of |a||b|', () => {
    const c = new Float64Array(4).fill(Number.NaN);
    const absolute = gemm({ ...plain, c });
    expect([...c]).toEqual([10, 6, 22, 12]);
    expect([...absolute]).toEqual([10, 8, 22, 20]);
  });

  test.each([
    [1, [11, 8, 25, 16]],
    [0.5, [10.5, 7, 23.5, 14]],
  ])('beta %d', (beta, expected) => {
    const c = Float64Array.of(1, 2, 3, 4);
    const absolute = gemm({ ...plain, beta, c });
    expect([...c]).toEqual(expected);
    expect([...absolute]).toEqual([10, 8, 22, 20]);
  });

  test('transposes and leading dimensions agree with the tight product; gaps stay untouched', () => {
    const next = generator(1);
    const [m, n, k] = [3, 4, 5];
    const A = uniform(next, m * k);
    const B = uniform(next, k * n);
    const want = new Float64Array(m * n);
    const bounds = gemm({
      m,
      n,
      k,
      a: A,
      lda: k,
      ta: false,
      b: B,
      ldb: n,
      tb: false,
      beta: 0,
      c: want,
      ldc: n,
    });
    for (const ta of [false, true]) {
      for (const tb of [false, true]) {
        const lda = (ta ? m : k) + 2;
        const ldb = (tb ? k : n) + 3;
        const ldc = n + 1;
        const spreadA = new Float64Array((ta ? k : m) * lda).fill(Number.NaN);
        const spreadB = new Float64Array((tb ? n : k) * ldb).fill(Number.NaN);
        for (let i = 0; i < m; i++) {
          for (let p = 0; p < k; p++) spreadA[ta ? p * lda + i : i * lda + p] = A[i * k + p]!;
        }
        for (let p = 0; p < k; p++) {
          for (let j = 0; j < n; j++) spreadB[tb ? j * ldb + p : p * ldb + j] = B[p * n + j]!;
        }
        const c = new Float64Array(m * ldc).fill(7);
        const absolute = gemm({ m, n, k, a: spreadA, lda, ta, b: spreadB, ldb, tb, beta: 0, c, ldc });
        expect(absolute).toEqual(bounds);
        for (let i = 0; i < m; i++) {
          expect(c.slice(i * ldc, i * ldc + n)).toEqual(want.slice(i * n, i * n + n));
          expect(c[i * ldc + n]).toBe(7);
        }
      }
    }
  });

  test('k = 0 gives zeros, or beta·c', () => {
    const c = Float64Array.of(1, 2, 3, 4);
    gemm({ ...plain, k: 0, beta: 2, c });
    expect([...c]).toEqual([2, 4, 6, 8]);
    gemm({ ...plain, k: 0, c });
    expect([...c]).toEqual([0, 0, 0, 0]);
  });
});

describe('math', () => {
  test('sigmoid and softplus far out', () => {
    expect(sigmoid(0)).toBe(0.5);
    expect(sigmoid(1000)).toBe(1);
    expect(sigmoid(-1000)).toBe(0);
    expect(sigmoid(-700)).toBeGreaterThan(0);
    expect(sigmoid(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(sigmoid(Number.NaN)).toBeNaN();
    expect(softplus(0)).toBeCloseTo(Math.LN2, 15);
    expect(softplus(1000)).toBe(1000);
    expect(softplus(-1000)).toBe(0);
    expect(softplus(-700)).toBeGreaterThan(0);
  });

  test('ulpDiff32', () => {
    const denormal = 2 ** -149;
    const largest = (2 - 2 ** -23) * 2 ** 127;
    expect(ulpDiff32(1, 1)).toBe(0);
    expect(ulpDiff32(1 + 2 ** -23, 1)).toBe(1);
    expect(ulpDiff32(1 - 2 ** -24, 1)).toBe(1);
    expect(ulpDiff32(-1 - 2 ** -22, -1)).toBe(2);
    expect(ulpDiff32(0, -0)).toBe(0);
    expect(ulpDiff32(-0, 0)).toBe(0);
    expect(ulpDiff32(denormal, 0)).toBe(1);
    expect(ulpDiff32(denormal, -denormal)).toBe(2);
    expect(ulpDiff32(-denormal, -0)).toBe(1);
    expect(ulpDiff32(2 ** -126, 2 ** -126 - denormal)).toBe(1);
    expect(ulpDiff32(Math.fround(0.1), 0.1)).toBe(0);
    expect(ulpDiff32(Number.POSITIVE_INFINITY, largest)).toBe(1);
    expect(ulpDiff32(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe(0);
    expect(ulpDiff32(Number.NaN, Number.NaN)).toBe(0);
    expect(ulpDiff32(Number.NaN, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(ulpDiff32(1, Number.NaN)).toBe(Number.POSITIVE_INFINITY);
  });
});

test('central differences of a cubic', () => {
  const x = Float64Array.of(2, -1);
  const loss = () => x[0]! ** 3 * x[1]!;
  expect(relativeError(numericGradient(loss, x), [-12, 8], 0)).toBeLessThan(1e-8);
  expect([...x]).toEqual([2, -1]);
});

test('relativeError', () => {
  expect(relativeError([1, Number.NaN, 0], [1, Number.NaN, -0], 0)).toBe(0);
  expect(relativeError([1, 3], [1, 4], 0)).toBe(0.25);
  expect(relativeError([1, 0.3], [1, 0.4], 1)).toBeCloseTo(0.1, 15);
  expect(relativeError([Number.NaN], [1], 1)).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError([1], [1, 2], 1)).toBe(Number.POSITIVE_INFINITY);
});

const gates = { rnn: 1, lstm: 4, gru: 3 } as const;
const cells = [
  ['rnn', 'tanh'],
  ['rnn', 'relu'],
  ['lstm', 'tanh'],
  ['gru', 'tanh'],
] as const;
const shapes = [
  { T: 1, B: 1, I: 1, H: 1, bias: true },
  { T: 1, B: 3, I: 4, H: 5, bias: true },
  { T: 6, B: 2, I: 3, H: 1, bias: true },
  { T: 5, B: 1, I: 1, H: 4, bias: true },
  { T: 7, B: 3, I: 5, H: 8, bias: true },
  { T: 4, B: 2, I: 3, H: 5, bias: false },
];

describe.each(cells)('%s (%s)', (cell, nonlinearity) => {
  test.each(shapes)('gradients: T=$T B=$B I=$I H=$H bias=$bias', ({ T, B, I, H, bias }) => {
    const next = generator(T * 1000 + H);
    const G = gates[cell] * H;
    const leaves: Tensors = {
      x: uniform(next, T * B * I),
      h0: uniform(next, B * H),
      weightIh: uniform(next, G * I),
      weightHh: uniform(next, G * H),
    };
    if (bias) {
      leaves.biasIh = uniform(next, G);
      leaves.biasHh = uniform(next, G);
    }
    if (cell === 'lstm') leaves.c0 = uniform(next, B * H);
    const dOutput = uniform(next, T * B * H);
    const dHN = uniform(next, B * H);
    const dCN = uniform(next, B * H);
    const p: LayerParams = {
      inputSize: I,
      hiddenSize: H,
      weightIh: leaves.weightIh!,
      weightHh: leaves.weightHh!,
      biasIh: leaves.biasIh,
      biasHh: leaves.biasHh,
    };
    const x = leaves.x!;
    const h0 = leaves.h0!;
    const run = (): { output: Float64Array; hN: Float64Array; cN?: Float64Array } => {
      if (cell === 'lstm') return lstm.forward(p, x, h0, leaves.c0!);
      return cell === 'gru' ? gru.forward(p, x, h0) : rnn.forward({ ...p, nonlinearity }, x, h0);
    };
    const loss = () => {
      const { output, hN, cN } = run();
      return dot(output, dOutput) + dot(hN, dHN) + (cN ? dot(cN, dCN) : 0);
    };
    const gradients: Tensors = {};
    const keep = (g: LayerGradients | lstm.LstmGradients): void => {
      gradients.x = g.dX;
      gradients.h0 = g.dH0;
      gradients.weightIh = g.dWeightIh;
      gradients.weightHh = g.dWeightHh;
      if (bias) {
        gradients.biasIh = g.dBiasIh;
        gradients.biasHh = g.dBiasHh;
      }
      if ('dC0' in g) gradients.c0 = g.dC0;
    };
    if (cell === 'lstm') keep(lstm.backward(p, lstm.forward(p, x, h0, leaves.c0!).saved, dOutput, dHN, dCN));
    else if (cell === 'gru') keep(gru.backward(p, gru.forward(p, x, h0).saved, dOutput, dHN));
    else {
      const q: rnn.RnnParams = { ...p, nonlinearity };
      keep(rnn.backward(q, rnn.forward(q, x, h0).saved, dOutput, dHN));
    }
    expectGradients(loss, leaves, gradients);
  });
});

function stackParams(cell: CellName, I: number, H: number, L: number, bias: boolean, seed: number): Tensors {
  const next = generator(seed);
  const G = gates[cell] * H;
  const params: Tensors = {};
  for (let l = 0; l < L; l++) {
    params[`weight_ih_l${l}`] = uniform(next, G * (l === 0 ? I : H));
    params[`weight_hh_l${l}`] = uniform(next, G * H);
    if (!bias) continue;
    params[`bias_ih_l${l}`] = uniform(next, G);
    params[`bias_hh_l${l}`] = uniform(next, G);
  }
  return params;
}

describe.each(cells)('stack of %s (%s)', (cell, nonlinearity) => {
  test.each([
    { L: 1, bias: true },
    { L: 3, bias: true },
    { L: 2, bias: false },
  ])('gradients: L=$L bias=$bias', ({ L, bias }) => {
    const [T, batch, inputSize, hiddenSize] = [4, 2, 3, 5];
    const config = { batch, inputSize, hiddenSize, numLayers: L, nonlinearity };
    const params = stackParams(cell, inputSize, hiddenSize, L, bias, 11 + L);
    const next = generator(5);
    const input = uniform(next, T * batch * inputSize);
    const h0 = uniform(next, L * batch * hiddenSize);
    const c0 = uniform(next, L * batch * hiddenSize);
    const dOutput = uniform(next, T * batch * hiddenSize);
    const dHN = uniform(next, h0.length);
    const dCN = uniform(next, c0.length);
    const run = () => runStack(cell, config, params, input, h0, c0);
    const loss = () => {
      const { output, hN, cN } = run();
      return dot(output, dOutput) + dot(hN, dHN) + dot(cN, dCN);
    };
    const { dInput, dH0, dC0, gradients } = backwardStack(config, run().saved, dOutput, dHN, dCN);
    expectGradients(loss, { ...params, input, h0, c0 }, { ...gradients, input: dInput, h0: dH0, c0: dC0 });
  });

  test('absent states and absent upstream gradients are zeros', () => {
    const config = { batch: 2, inputSize: 3, hiddenSize: 4, numLayers: 2, nonlinearity };
    const params = stackParams(cell, 3, 4, 2, true, 3);
    const next = generator(9);
    const input = uniform(next, 5 * 2 * 3);
    const zeros = new Float64Array(2 * 2 * 4);
    const dOutput = uniform(next, 5 * 2 * 4);
    const bare = runStack(cell, config, params, input);
    const full = runStack(cell, config, params, input, zeros, zeros);
    expect(bare.output).toEqual(full.output);
    expect(backwardStack(config, bare.saved, dOutput)).toEqual(
      backwardStack(config, full.saved, dOutput, zeros, zeros),
    );
  });

  test('steps one at a time with the state carried give the same', () => {
    const config = { batch: 2, inputSize: 3, hiddenSize: 4, numLayers: 2, nonlinearity };
    const params = stackParams(cell, 3, 4, 2, true, 4);
    const input = uniform(generator(10), 5 * 2 * 3);
    const whole = runStack(cell, config, params, input);
    let state: { hN?: Float64Array; cN?: Float64Array } = {};
    for (let t = 0; t < 5; t++) {
      const one = runStack(cell, config, params, input.slice(t * 6, t * 6 + 6), state.hN, state.cN);
      expect(one.output).toEqual(whole.output.slice(t * 8, t * 8 + 8));
      state = one;
    }
    expect(state.hN).toEqual(whole.hN);
    expect(state.cN).toEqual(whole.cN);
  });
});

describe('embedding', () => {
  test('gathers rows and adds up the gradients of repeated ids', () => {
    const weight = Float64Array.of(1, 2, 3, 4, 5, 6);
    const ids = Int32Array.of(2, 0, 2);
    expect([...gather(weight, ids, 2)]).toEqual([5, 6, 1, 2, 5, 6]);
    expect([...scatterAdd(Float64Array.of(1, 2, 3, 4, 5, 6), ids, 3, 2)]).toEqual([3, 4, 0, 0, 6, 8]);
  });

  test('gradients', () => {
    const next = generator(2);
    const weight = uniform(next, 5 * 3);
    const ids = Int32Array.of(4, 1, 1, 0, 4, 4);
    const dY = uniform(next, 6 * 3);
    expectGradients(() => dot(gather(weight, ids, 3), dY), { weight }, { weight: scatterAdd(dY, ids, 5, 3) });
  });
});

describe('linear', () => {
  test.each([
    { N: 1, I: 1, O: 1, bias: true },
    { N: 4, I: 3, O: 5, bias: true },
    { N: 3, I: 4, O: 2, bias: false },
  ])('gradients: N=$N I=$I O=$O bias=$bias', ({ N, I, O, bias }) => {
    const next = generator(N);
    const leaves: Tensors = { x: uniform(next, N * I), weight: uniform(next, O * I) };
    if (bias) leaves.bias = uniform(next, O);
    const p = { inputSize: I, outputSize: O, weight: leaves.weight!, bias: leaves.bias };
    const dY = uniform(next, N * O);
    const { dX, dWeight, dBias } = linear.backward(p, leaves.x!, dY);
    const gradients: Tensors = { x: dX, weight: dWeight };
    if (bias) gradients.bias = dBias;
    expectGradients(() => dot(linear.forward(p, leaves.x!), dY), leaves, gradients);
  });
});

describe('losses', () => {
  test('crossEntropy: equal logits give log V; ignored rows count for nothing', () => {
    const { value, grad } = crossEntropy(new Float64Array(8), Int32Array.of(1, -100));
    expect(value).toBeCloseTo(Math.log(4), 15);
    expect([...grad]).toEqual([0.25, -0.75, 0.25, 0.25, 0, 0, 0, 0]);
  });

  test('crossEntropy: large logits', () => {
    const { value, grad } = crossEntropy(Float64Array.of(1000, 0, -1000, 0), Int32Array.of(1, 1));
    expect(value).toBe(500);
    expect([...grad]).toEqual([0.5, -0.5, 0, 0]);
  });

  test('crossEntropy: all rows ignored', () => {
    const { value, grad } = crossEntropy(Float64Array.of(1, 2), Int32Array.of(7), 7);
    expect(value).toBeNaN();
    expect([...grad]).toEqual([0, 0]);
  });

  test('crossEntropy: gradients', () => {
    const logits = uniform(generator(6), 5 * 7, 3);
    const targets = Int32Array.of(6, 0, 3, 2, 3);
    for (const ignore of [-100, 3]) {
      const { grad } = crossEntropy(logits, targets, ignore);
      expectGradients(() => crossEntropy(logits, targets, ignore).value, { logits }, { logits: grad });
    }
  });

  test('mse', () => {
    const { value, grad } = mse(Float64Array.of(1, 2), Float64Array.of(3, 1));
    expect(value).toBe(2.5);
    expect([...grad]).toEqual([-2, 1]);
    const next = generator(7);
    const predictions = uniform(next, 12, 3);
    const targets = uniform(next, 12, 3);
    const loss = () => mse(predictions, targets).value;
    expectGradients(loss, { predictions }, { predictions: mse(predictions, targets).grad });
  });

  test('bceWithLogits', () => {
    expect(bceWithLogits(Float64Array.of(0), Float64Array.of(1)).value).toBeCloseTo(Math.LN2, 15);
    expect(bceWithLogits(Float64Array.of(1000, -1000), Float64Array.of(0, 0)).value).toBe(500);
    const next = generator(8);
    const logits = uniform(next, 12, 4);
    const targets = uniform(next, 12).map((x) => (x + 1) / 2);
    const loss = () => bceWithLogits(logits, targets).value;
    expectGradients(loss, { logits }, { logits: bceWithLogits(logits, targets).grad });
  });
});

describe('the gradient of each loss', () => {
  test.each(lossCases)('$label', ({ make, reference, range, target }) => {
    const next = generator(9);
    const loss = make();
    const indices = loss.targets === 'indices';
    const outputs = indices ? 11 : 6;
    const output = uniform(next, 4 * outputs, range);
    const targets = indices
      ? Int32Array.of(3, loss.ignoreIndex, 0, 10)
      : uniform(next, 4 * (loss.targetSize?.(outputs) ?? outputs)).map(target);
    expectGradients(
      () => reference(output, targets).value,
      { output },
      { output: reference(output, targets).grad },
    );
  });
});

/** The parameter after each gradient in turn, from `start`. */
function trace(optimizer: Optimizer, start: number, gradients: number[]): number[] {
  const params = { w: Float64Array.of(start) };
  return gradients.map((g) => {
    optimizer.step(params, { w: Float64Array.of(g) });
    return params.w[0]!;
  });
}

describe('optimizers', () => {
  const root = Math.sqrt(1.75);
  test.each<[string, Optimizer, number, number[], number[]]>([
    ['sgd', sgd({ lr: 0.1 }), 1, [0.5, 0.5], [0.95, 0.9]],
    ['sgd, weight decay', sgd({ lr: 0.1, weightDecay: 0.1 }), 1, [0.5], [0.94]],
    ['sgd, momentum', sgd({ lr: 0.1, momentum: 0.9 }), 1, [0.5, 0.5], [0.95, 0.855]],
    ['sgd, nesterov', sgd({ lr: 0.1, momentum: 0.9, nesterov: true }), 1, [0.5, 0.5], [0.905, 0.7695]],
    ['adam, constant gradient', adam({ lr: 0.1, eps: 0 }), 1, [3, 3, 3], [0.9, 0.8, 0.7]],
    ['adam, changed sign', adam({ lr: 0.3, betas: [0.5, 0.5], eps: 0 }), 1, [1, -1], [0.7, 0.8]],
    ['adam, eps beside the root', adam({ lr: 1, eps: 1 }), 1, [1], [0.5]],
    ['adam, weight decay in the gradient', adam({ lr: 0.1, eps: 0, weightDecay: 0.1 }), 1, [0], [0.9]],
    ['adamW, decay alone', adamW({ lr: 0.1, weightDecay: 0.5 }), 1, [0, 0], [0.95, 0.9025]],
    ['adamW, decay and step', adamW({ lr: 0.1, eps: 0, weightDecay: 0.5 }), 1, [2], [0.85]],
    ['adamW, default decay 0.01', adamW({ lr: 0.1 }), 1, [0], [0.999]],
    ['rmsprop', rmsprop({ lr: 1, alpha: 0.75, eps: 0 }), 0, [2, 2], [-2, -2 - 2 / root]],
    ['rmsprop, eps outside the root', rmsprop({ lr: 1, alpha: 0.75, eps: 1 }), 0, [2], [-1]],
    [
      'rmsprop, momentum',
      rmsprop({ lr: 1, alpha: 0.75, eps: 0, momentum: 0.5 }),
      0,
      [2, 2],
      [-2, -3 - 2 / root],
    ],
    [
      'rmsprop, centered',
      rmsprop({ lr: 1, alpha: 0.75, eps: 0, centered: true }),
      0,
      [2],
      [-2 / Math.sqrt(0.75)],
    ],
    ['rmsprop, weight decay', rmsprop({ lr: 1, alpha: 0.75, eps: 1, weightDecay: 2 }), 1, [0], [0]],
    ['adagrad', adagrad({ lr: 1, eps: 0 }), 0, [3, 4], [-1, -1.8]],
    ['adagrad, rate decay', adagrad({ lr: 1, lrDecay: 1, eps: 0 }), 0, [3, 4], [-1, -1.4]],
    ['adagrad, eps outside the root', adagrad({ lr: 1, eps: 1 }), 0, [3], [-0.75]],
    ['adagrad, weight decay', adagrad({ lr: 1, eps: 1, weightDecay: 3 }), 1, [0], [0.25]],
  ])('%s', (_, optimizer, start, gradients, expected) => {
    expect(relativeError(trace(optimizer, start, gradients), expected, 1)).toBeLessThan(1e-14);
  });

  test('tensors have their own state; those without a gradient stay', () => {
    const optimizer = sgd({ lr: 1, momentum: 0.5 });
    const params = { a: Float64Array.of(0, 0), b: Float64Array.of(0) };
    optimizer.step(params, { a: Float64Array.of(1, 2) });
    optimizer.step(params, { a: Float64Array.of(1, 2), b: Float64Array.of(1) });
    expect([...params.a]).toEqual([-2.5, -5]);
    expect([...params.b]).toEqual([-1]);
  });

  test('clipGradNorm', () => {
    const grads = { a: Float64Array.of(3), b: Float64Array.of(0, -4) };
    expect(clipGradNorm(grads, 6)).toBe(5);
    expect([...grads.a, ...grads.b]).toEqual([3, 0, -4]);
    expect(clipGradNorm(grads, Number.POSITIVE_INFINITY)).toBe(5);
    expect(clipGradNorm(grads, 1)).toBe(5);
    const c = 1 / (5 + 1e-6);
    expect([...grads.a, ...grads.b]).toEqual([3 * c, 0, -4 * c]);
  });

  test('clipGradValue', () => {
    const grads = { a: Float64Array.of(3, -0.5), b: Float64Array.of(-4, Number.NaN) };
    clipGradValue(grads, 1);
    expect([...grads.a, ...grads.b]).toEqual([1, -0.5, -1, Number.NaN]);
  });
});
