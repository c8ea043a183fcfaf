import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectThrows, expectWords, type Words } from '../errors.ts';
import hashes from '../fixtures/hashes.json' with { type: 'json' };
import { expectSame } from '../kernels/closeness.ts';
import { concatenated, sha256, thrown } from '../model/helpers.ts';

const N = 30_000;
const fill = (initializer: u.Initializer, ...shape: number[]) => initializer(shape, new u.Generator(1));

/** In ±bound, with the mean and the variance of the uniform distribution. */
function expectUniform(data: Float32Array, bound: number, label: string): void {
  const n = data.length;
  expect(
    data.every((v) => Math.abs(v) <= bound),
    label,
  ).toBe(true);
  const mean = data.reduce((a, b) => a + b, 0) / n;
  const variance = data.reduce((a, b) => a + b * b, 0) / n;
  expect(Math.abs(mean), `${label}: mean`).toBeLessThan((5 * bound) / Math.sqrt(3 * n));
  // the variance of u² is 4/45
  expect(Math.abs(variance / bound ** 2 - 1 / 3), `${label}: variance`).toBeLessThan(
    5 * Math.sqrt(4 / 45 / n),
  );
}

describe('initializers', () => {
  test('uniform', () => {
    expectUniform(fill(u.uniform(0.3), N), Math.fround(0.3), 'uniform');
  });

  test('uniform from low to high', () => {
    const data = fill(u.uniform(-1, 3), N);
    expect(Math.min(...data)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...data)).toBeLessThanOrEqual(3);
    expectUniform(
      data.map((v) => v - 1),
      2,
      'uniform less its middle',
    );
    expect(fill(u.uniform(2, 2), 3)).toEqual(Float32Array.of(2, 2, 2));
    expectThrows(() => u.uniform(1, 0), ['high', 'finite', '0']);
  });

  test('glorot: ±gain·√(6 / (rows + columns))', () => {
    for (const gain of [1, 2.5]) {
      const bound = gain * Math.sqrt(6 / (120 + 250));
      expectUniform(fill(u.glorot(gain), 120, 250), bound, 'glorot');
    }
  });

  test('normal: standard deviation', () => {
    const data = fill(u.normal(0.02), N);
    const deviation = Math.sqrt(data.reduce((a, b) => a + b * b, 0) / N);
    expect(Math.abs(deviation / 0.02 - 1)).toBeLessThan(5 / Math.sqrt(2 * N));
  });

  test('constant', () => {
    expectSame(fill(u.constant(0.1), 2, 3), new Float32Array(6).fill(0.1), 'constant');
  });

  test.each([
    [40, 40],
    [96, 32],
    [17, 70],
    [1, 5],
    [5, 1],
  ])('orthogonal [%i, %i]: QᵀQ = gain² of the smaller side', (rows, columns) => {
    for (const gain of [1, Math.SQRT2]) {
      const q = fill(u.orthogonal(gain), rows, columns);
      const at = (i: number, k: number) => (rows >= columns ? q[k * columns + i]! : q[i * columns + k]!);
      const [small, large] = [Math.min(rows, columns), Math.max(rows, columns)];
      for (let i = 0; i < small; i++) {
        for (let j = 0; j <= i; j++) {
          let dot = 0;
          for (let k = 0; k < large; k++) dot += at(i, k) * at(j, k);
          expect(Math.abs(dot - (i === j ? gain * gain : 0)), `${i} ${j}`).toBeLessThan(1e-6 * gain * gain);
        }
      }
    }
  });

  test('orthogonal: signs are even', () => {
    const positive = fill(u.orthogonal(), 80, 80).filter((v) => v > 0).length;
    expect(Math.abs(positive - 3200)).toBeLessThan(5 * 40);
  });

  test('identity: one block a gate', () => {
    const eye = [2, 0, 0, 0, 2, 0, 0, 0, 2];
    expectSame(fill(u.identity(2), 9, 3), [...eye, ...eye, ...eye], 'identity');
  });

  test('the same seed gives the stored bits', async () => {
    const of: Record<string, Float32Array> = {
      uniform: fill(u.uniform(0.5), 1000),
      normal: fill(u.normal(), 1000),
      glorot: fill(u.glorot(), 20, 30),
      orthogonal: fill(u.orthogonal(), 40, 24),
    };
    const got: Record<string, string> = {};
    for (const [name, data] of Object.entries(of))
      got[name] = await sha256(data as Float32Array<ArrayBuffer>);
    expect(got, JSON.stringify(got)).toEqual(hashes.initializers);
  });

  test.each<[string, () => unknown, typeof u.ArgumentError | typeof u.ShapeError, Words]>([
    ['uniform', () => u.uniform(-1), u.ArgumentError, ['bound', '-1']],
    ['normal', () => u.normal(Number.NaN), u.ArgumentError, ['std', 'NaN']],
    ['constant', () => u.constant('a' as never), u.ArgumentError, ['value', '"a"']],
    ['glorot of a vector', () => fill(u.glorot(), 3), u.ShapeError, ['glorot', '[3]']],
    ['orthogonal of a vector', () => fill(u.orthogonal(), 3), u.ShapeError, ['orthogonal', '[3]']],
    ['identity of no squares', () => fill(u.identity(), 5, 3), u.ShapeError, ['identity', '[5, 3]']],
  ])('bad: %s', (_, call, type, message) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(type);
    expectWords(error, message);
  });
});

describe('initial parameters', () => {
  beforeAll(() => u.init());

  test.each([
    ['RNN', new u.RNN(50, 120)],
    ['LSTM', new u.LSTM(50, 60, { numLayers: 2 })],
    ['GRU', new u.GRU(50, 70)],
  ])('%s: uniform in ±1/√hiddenSize, as torch.nn’s', (_, layer) => {
    const bound = Math.fround(1 / Math.sqrt(layer.hiddenSize));
    for (const [name, { data }] of Object.entries(layer.stateDict())) expectUniform(data, bound, name);
    expectUniform(concatenated(layer.stateDict()), bound, 'all');
  });

  test('Linear: uniform in ±1/√inFeatures; Embedding: standard normal', () => {
    const state = new u.Sequential([new u.Embedding(200, 100), new u.Linear(100, 90)]).stateDict();
    expectUniform(state['1.weight']!.data, Math.fround(0.1), 'weight');
    expectUniform(state['1.bias']!.data, Math.fround(0.1), 'bias');
    const { data } = state['0.weight']!;
    const variance = data.reduce((a, b) => a + b * b, 0) / data.length;
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / data.length));
  });

  test('forgetBias: the forget gate’s biases alone, their sum is it', () => {
    const [with1, without] = [{ forgetBias: 1 }, {}].map((o) =>
      new u.LSTM(3, 4, { ...o, numLayers: 2 }).stateDict(),
    );
    for (const k of [0, 1]) {
      const [ih, hh] = ['ih', 'hh'].map((part) => with1![`bias_${part}_l${k}`]!.data);
      expectSame(ih!.slice(4, 8), [1, 1, 1, 1], 'bias_ih');
      expectSame(hh!.slice(4, 8), [0, 0, 0, 0], 'bias_hh');
      for (const [from, to] of [
        [0, 4],
        [8, 16],
      ]) {
        expectSame(ih!.slice(from, to), without![`bias_ih_l${k}`]!.data.slice(from, to), 'other gates');
      }
    }
    expectSame(with1!.weight_hh_l1!.data, without!.weight_hh_l1!.data, 'weights');
  });

  test('forgetBias and init.bias_ih go together', () => {
    const { bias_ih_l0, bias_hh_l0 } = new u.LSTM(3, 2, {
      forgetBias: 2,
      init: { bias_ih: u.constant(5), bias_hh: u.constant(6) },
    }).stateDict();
    expectSame(bias_ih_l0!.data, [5, 5, 2, 2, 5, 5, 5, 5], 'bias_ih');
    expectSame(bias_hh_l0!.data, [6, 6, 0, 0, 6, 6, 6, 6], 'bias_hh');
  });

  test('init by kind of parameter, in every stacked layer', () => {
    const state = new u.GRU(3, 2, {
      numLayers: 2,
      init: { weight_hh: u.identity(0.5), bias_hh: u.constant(3) },
    }).stateDict();
    for (const k of [0, 1]) {
      expectSame(
        state[`weight_hh_l${k}`]!.data,
        [0.5, 0, 0, 0.5, 0.5, 0, 0, 0.5, 0.5, 0, 0, 0.5],
        'weight_hh',
      );
      expectSame(state[`bias_hh_l${k}`]!.data, new Float32Array(6).fill(3), 'bias_hh');
    }
  });

  test.each<[string, () => unknown, typeof u.ArgumentError | typeof u.ShapeError, Words]>([
    [
      'a kind there is not',
      () => new u.RNN(1, 1, { init: { weight: u.uniform(1) } as never }),
      u.ArgumentError,
      ['init: weight'],
    ],
    [
      'no initializer',
      () => new u.RNN(1, 1, { init: { weight_ih: 1 } as never }),
      u.ArgumentError,
      ['init.weight_ih', '1'],
    ],
    [
      'no initializer of Linear',
      () => new u.Linear(1, 1, { init: 0.1 as never }),
      u.ArgumentError,
      ['init', '0.1'],
    ],
    [
      'no initializer of Embedding',
      () => new u.Embedding(1, 1, { init: 'x' as never }),
      u.ArgumentError,
      ['init', '"x"'],
    ],
    [
      'forgetBias without biases',
      () => new u.LSTM(1, 1, { forgetBias: 1, bias: false }),
      u.ArgumentError,
      ['forgetBias'],
    ],
    [
      'an initializer that gives too many',
      () => new u.Sequential([new u.Linear(2, 2, { init: () => new Float32Array(9) })]),
      u.ShapeError,
      ['init of 0.weight', '4', '[2, 2]', '9'],
    ],
    [
      'an initializer that gives none',
      () => new u.Sequential([new u.Linear(2, 2, { init: (() => {}) as never })]),
      u.ArgumentError,
      ['init of 0.weight', 'undefined'],
    ],
  ])('bad: %s', (_, call, type, message) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(type);
    expectWords(error, message);
  });
});

describe('an initializer that draws in blocks has the bits of one draw after the other', () => {
  test.each<[string, u.Initializer, (g: u.Generator) => number]>([
    ['uniform', u.uniform(0.3), (g) => (2 * g.uniform() - 1) * 0.3],
    ['uniform of bound 0', u.uniform(0), (g) => (2 * g.uniform() - 1) * 0],
    ['uniform of two bounds', u.uniform(-0.1, 0.7), (g) => -0.1 + g.uniform() * (0.7 - -0.1)],
    ['normal', u.normal(0.7), (g) => g.normal() * 0.7],
    ['normal of std 0', u.normal(0), (g) => g.normal() * 0],
  ])('%s', (_, initializer, one) => {
    for (const length of [0, 1, 1023, 1024, 1025, 5000]) {
      const [got, want] = [new u.Generator(length + 9), new u.Generator(length + 9)];
      const expected = Float32Array.from({ length }, () => one(want));
      const bits = (data: Float32Array) => new Uint32Array(data.buffer);
      expect(bits(initializer([length], got))).toEqual(bits(expected));
      expect(got.state).toEqual(want.state);
    }
  });
});
