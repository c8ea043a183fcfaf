import { beforeAll, describe, expect, test } from 'vitest';
import { Dropout1d, Flatten, init, input, Linear, LSTM, Model, Unflatten } from '../../src/index.ts';
import { Draw, expectSameArray, thrown } from '../model/helpers.ts';

beforeAll(() => init({ kernels: 'simd' }));

const draw = new Draw(5);

describe('Unflatten', () => {
  test('is the inverse of Flatten, with its gradient', () => {
    const x = input({ features: 3 });
    const back = new Unflatten({ steps: 4 }).apply(new Flatten({ steps: 4 }).apply(x));
    const model = new Model({ inputs: x, outputs: back });
    const given = draw.features(1, 4, 5, 3);
    expectSameArray(model.forward(given, { training: true }), given, 'output');
    expectSameArray(model.backward(given)!, given, 'gradient');
  });

  test('cuts a vector into steps that a layer reads, beside a sequence with lengths', () => {
    const x = input({ features: 2 });
    const vector = input({ features: 6, steps: false });
    const steps = new LSTM(2, 3).apply(new Unflatten({ steps: 3 }).apply(vector));
    const outputs = { cut: steps, read: new LSTM(2, 3).apply(x) };
    const model = new Model({ inputs: { x, vector }, outputs });
    const given = {
      x: draw.features(1, 4, 2, 2),
      vector: { data: draw.features(1, 1, 2, 6).data, shape: [2, 6] },
    };
    const whole = model.forward(given);
    const ragged = model.forward(given, { lengths: { x: [2, 4] } });
    expect(whole.cut.shape).toEqual([3, 2, 3]);
    expectSameArray(ragged.cut, whole.cut, 'cut');
  });

  test('refuses a sequence, and features that are not divisible', () => {
    const error = thrown(() => new Unflatten({ steps: 2 }).apply(input({ features: 4 })));
    expect(error).toMatchObject({ name: 'ArgumentError', argument: 'vector' });
    const vector = input({ features: 5, steps: false });
    expect(thrown(() => new Unflatten({ steps: 2 }).apply(vector))).toMatchObject({ name: 'ShapeError' });
  });
});

describe('Dropout1d', () => {
  test('drops whole features of a row, the same ones forward and backward', () => {
    const x = input({ features: 50 });
    const model = new Model({ inputs: x, outputs: new Dropout1d(0.4).apply(new Linear(50, 50).apply(x)) });
    const weight = Float32Array.from({ length: 2500 }, (_, i) => (i % 51 === 0 ? 1 : 0));
    model.loadStateDict({ '0.weight': weight, '0.bias': new Float32Array(50) });
    const ones = { data: new Float32Array(6 * 4 * 50).fill(1), shape: [6, 4, 50] };
    const { data } = model.forward(ones, { training: true });
    for (let t = 1; t < 6; t++) expect(data.slice(t * 200, (t + 1) * 200)).toEqual(data.slice(0, 200));
    const kept = data.slice(0, 200).filter((value) => value !== 0);
    expect(kept.length).toBeGreaterThan(80);
    expect(kept.length).toBeLessThan(160);
    expect(kept.every((value) => value === Math.fround(1 / 0.6))).toBe(true);
    expectSameArray(model.backward(ones)!, { data, shape: [6, 4, 50] }, 'gradient');
    expectSameArray(model.forward(ones), ones, 'output');
  });
});
