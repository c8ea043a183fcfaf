import { beforeAll, describe, expect, test } from 'vitest';
import { Embedding, init, input, LastStep, LSTM, Model, mse, SGD, Trainer } from '../../src/index.ts';
import { Draw, expectSameArray, thrown } from '../model/helpers.ts';

beforeAll(() => init({ kernels: 'simd' }));

const draw = new Draw(8);
const [T, B] = [4, 3];
// [T, B]: zeros at the end, at the beginning, nowhere
const TOKENS = { data: Int32Array.of(2, 0, 1, 1, 3, 2, 0, 2, 1, 0, 4, 4), shape: [T, B] };
const MASK = Array.from(TOKENS.data, (token) => Number(token !== 0));

function model(maskValue?: number) {
  const x = input({ indices: 5, maskValue });
  const last = new LastStep().apply(new LSTM(3, 2).apply(new Embedding(5, 3).apply(x)));
  return new Model({ inputs: x, outputs: last }, { seed: 2 });
}

describe('maskValue of an input', () => {
  test('is the mask of the steps that differ from it', () => {
    expectSameArray(model(0).forward(TOKENS), model().forward(TOKENS, { mask: MASK }), 'output');
    expect(model(0).forward(TOKENS)).not.toEqual(model().forward(TOKENS));
  });

  test('gives way to lengths and masks', () => {
    const lengths = [4, 2, 3];
    expectSameArray(model(0).forward(TOKENS, { lengths }), model().forward(TOKENS, { lengths }), 'output');
  });

  test('of features excludes steps all of whose features are equal to it', () => {
    const given = draw.features(1, T, B, 2);
    given.data.fill(-1, 2, 4);
    given.data.fill(-1, 0, 1);
    const make = (maskValue?: number) => {
      const x = input({ features: 2, maskValue });
      return new Model({ inputs: x, outputs: new LSTM(2, 3).apply(x) }, { seed: 1 });
    };
    const mask = Array.from({ length: T * B }, (_, i) => Number(i !== 1));
    expectSameArray(make(-1).forward(given), make().forward(given, { mask }), 'output');
  });

  test('holds in training, and in a saved model', () => {
    const [own, other] = [Model.load(model(0).save()), model()];
    const y = draw.features(1, 1, B, 2);
    const target = { data: y.data, shape: [B, 2] };
    const options = { loss: mse, optimizer: new SGD({ lr: 0.1 }) };
    const losses = [
      new Trainer(own, options).step(TOKENS as never, target as never).loss,
      new Trainer(other, { ...options, optimizer: new SGD({ lr: 0.1 }) }).step(
        TOKENS as never,
        target as never,
        {
          mask: MASK,
        },
      ).loss,
    ];
    expect(losses[0]).toBe(losses[1]);
  });

  test('refuses values that are no numbers, and vectors', () => {
    expect(thrown(() => input({ indices: 5, maskValue: Number.NaN }))).toMatchObject({
      argument: 'maskValue',
    });
    expect(thrown(() => input({ features: 5, steps: false, maskValue: 0 }))).toMatchObject({
      argument: 'maskValue',
    });
  });
});
