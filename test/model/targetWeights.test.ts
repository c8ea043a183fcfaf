import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectWords } from '../errors.ts';
import { expectClose } from '../kernels/closeness.ts';
import * as losses from '../reference/losses.ts';
import { chainOf } from './chain.ts';
import { Draw, expectSameDict, thrown } from './helpers.ts';
import { languageModel } from './languageModel.ts';

const [T, B, V] = [6, 3, 11];
beforeAll(() => u.init({ kernels: 'simd' }));

const tokens = (seed: number) => {
  const draw = new Draw(seed);
  return { x: draw.indices(V, T, B), y: draw.indices(V, T, B) };
};
const language = (opts: Partial<u.TrainerOptions> = {}) => {
  const model = languageModel(V, [5, 6, 4]);
  return {
    model,
    trainer: new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0.5 }), ...opts }),
  };
};
const weightsOf = (seed: number) => {
  const draw = new Draw(seed);
  return Float32Array.from({ length: T * B }, () => (draw.next() < 0.3 ? 0 : 2 * draw.next()));
};

describe('weights of the targets', () => {
  test.each([undefined, [1, 0.5, 2, 0, 1.25, 3, 0.1, 1, 0.7, 1.5, 0.3]])(
    'the loss and its gradients are the weighted mean, class weights %j',
    (weight) => {
      const { model, trainer } = language({ loss: u.crossEntropy({ weight }) });
      const { x, y } = tokens(1);
      const weights = weightsOf(2);
      const forward = chainOf(model).forward(x.data, B);
      const rows = Array.from(y.data, (target, i) => {
        const output = forward.output.subarray(i * V, (i + 1) * V);
        const { value, grad } = losses.crossEntropy(output, Int32Array.of(target));
        const w = weights[i]! * Math.fround(weight?.[target] ?? 1);
        return { w, value, grad };
      });
      const sum = rows.reduce((total, { w }) => total + w, 0);
      const expected = rows.reduce((total, { w, value }) => total + w * value, 0) / sum;
      const { gradients } = forward.backward(
        Float64Array.from(rows.flatMap(({ w, grad }) => [...grad.map((g) => (w * g) / sum)])),
      );
      const before = model.stateDict();
      const result = trainer.step(x, y, { weights: { data: weights, shape: [T, B] } });
      expect(result.loss).toBeCloseTo(expected, 5);
      for (const [name, { data }] of Object.entries(model.stateDict())) {
        const moved = data.map((p, i) => (before[name]!.data[i]! - p) / 0.5);
        expectClose(moved, gradients[name]!, 1e-4, name);
      }
    },
  );

  test('a target of weight 0 is not read: NaN, or an index outside', () => {
    const { trainer } = language();
    const { x, y } = tokens(1);
    const weights = new Float32Array(T * B).fill(1);
    weights[4] = 0;
    const { loss } = trainer.evaluate(x, y, { weights });
    const odd = { ...y, data: y.data.with(4, 999) };
    expect(trainer.evaluate(x, odd, { weights }).loss).toBe(loss);
    expect(thrown(() => trainer.evaluate(x, odd))).toBeInstanceOf(u.ArgumentError);
    const model = new u.Sequential([new u.RNN(2, 4), new u.Linear(4, 2)]);
    const features = new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }) });
    const draw = new Draw(3);
    const given = { x: draw.features(1, 3, 1, 2), y: draw.features(1, 3, 1, 2) };
    given.y.data.fill(Number.NaN, 2, 4);
    const { loss: mean } = features.step(given.x, given.y, { weights: [1, 0, 1] });
    expect(mean).toBeGreaterThan(0);
  });

  test('weights of 0 and 1 give what ignoreIndex gives, with a memory budget and truncation, too', () => {
    const { x, y } = tokens(4);
    const weights = Float32Array.from({ length: T * B }, (_, i) => (i % 3 === 1 ? 0 : 1));
    const ignored = { ...y, data: y.data.map((v, i) => (weights[i] ? v : -100)) };
    for (const parts of [{}, { truncation: { k1: 2, k2: 4 } }]) {
      const [a, b] = [language(parts), language(parts)];
      for (let i = 0; i < 3; i++) {
        expect(a.trainer.step(x, y, { weights }).loss).toBeCloseTo(b.trainer.step(x, ignored).loss, 6);
      }
    }
    const { model, trainer } = language();
    const budget = language({ memoryBudget: 4200 });
    expect(budget.model.plan({ steps: T, batch: B }).checkpoints!.segments).toBeGreaterThan(1);
    trainer.step(x, y, { weights, warmup: 1 });
    budget.trainer.step(x, y, { weights, warmup: 1 });
    expectSameDict(budget.model.stateDict(), model.stateDict());
  });

  test.each<[string, u.StepOptions, new (...args: never[]) => Error, string[]]>([
    ['as many as there are targets', { weights: new Float32Array(5) }, u.ShapeError, ['weights']],
    [
      'shaped as the targets',
      { weights: { data: new Float32Array(T * B).fill(1), shape: [B, T] } },
      u.ShapeError,
      ['weights'],
    ],
    [
      'not negative',
      { weights: new Float32Array(T * B).fill(1).with(3, -1) },
      u.ArgumentError,
      ['weights[3]'],
    ],
    [
      'finite',
      { weights: new Float32Array(T * B).fill(1).with(3, Number.NaN) },
      u.ArgumentError,
      ['weights[3]'],
    ],
    ['not all 0', { weights: new Float32Array(T * B) }, u.ArgumentError, ['weights', 'above 0']],
    [
      'not all 0 behind the warm-up',
      { weights: new Float32Array(T * B).fill(1, 0, B), warmup: 1 },
      u.ArgumentError,
      ['weights', 'above 0'],
    ],
    [
      'not besides lengths',
      { weights: new Float32Array(T * B).fill(1), lengths: [T, T, T] },
      u.ArgumentError,
      ['weights', 'lengths'],
    ],
    [
      'not besides a mask',
      { weights: new Float32Array(T * B).fill(1), mask: new Array(T * B).fill(1) },
      u.ArgumentError,
      ['weights', 'mask'],
    ],
    ['warmup below the steps', { warmup: T }, u.ArgumentError, ['warmup']],
    ['warmup an integer', { warmup: 0.5 }, u.ArgumentError, ['warmup']],
  ])('must be %s; nothing changes', (_, opts, type, words) => {
    const { model, trainer } = language();
    const { x, y } = tokens(1);
    const before = model.stateDict();
    const error = thrown(() => trainer.step(x, y, opts));
    expect(error).toBeInstanceOf(type);
    expectWords(error, words);
    expectSameDict(model.stateDict(), before);
    expect(trainer.steps).toBe(0);
  });
});

describe('warmup', () => {
  test('gives what ignored first targets give; the option of the trainer counts unless the step has one', () => {
    const { x, y } = tokens(5);
    const ignored = { ...y, data: y.data.map((v, i) => (i < 2 * B ? -100 : v)) };
    const [a, b, c] = [language({ warmup: 2 }), language(), language({ warmup: 1 })];
    for (let i = 0; i < 3; i++) {
      const { loss } = b.trainer.step(x, ignored);
      expect(a.trainer.step(x, y).loss).toBe(loss);
      expect(c.trainer.step(x, y, { warmup: 2 }).loss).toBe(loss);
    }
    expectSameDict(a.model.stateDict(), b.model.stateDict());
    expectSameDict(c.model.stateDict(), b.model.stateDict());
    expect(a.trainer.evaluate(x, y).loss).toBe(b.trainer.evaluate(x, ignored).loss);
  });

  test('with lengths: the first steps of each row', () => {
    const { x, y } = tokens(6);
    const lengths = [2, 6, 4];
    const ignored = { ...y, data: y.data.map((v, i) => (i < 3 * B ? -100 : v)) };
    const [a, b] = [language({ warmup: 3 }), language()];
    expect(a.trainer.step(x, y, { lengths }).loss).toBe(b.trainer.step(x, ignored, { lengths }).loss);
    expectSameDict(a.model.stateDict(), b.model.stateDict());
    const error = thrown(() => a.trainer.step(x, y, { lengths: [2, 3, 1] }));
    expect(error).toBeInstanceOf(u.ArgumentError);
    expectWords(error, ['y']);
  });

  test('a LastStep gives one step, so there is nothing to leave out', () => {
    const model = new u.Sequential([new u.LSTM(2, 3), new u.LastStep(), new u.Linear(3, 2)]);
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }) });
    const draw = new Draw(1);
    const [x, y] = [draw.features(1, 4, 2, 2), draw.features(1, 1, 2, 2)];
    expectWords(
      thrown(() => trainer.step(x, y, { warmup: 1 })),
      ['warmup'],
    );
    expect(trainer.step(x, y, { weights: [1, 3] }).loss).toBeGreaterThan(0);
  });
});

describe('pinball in a model', () => {
  test('has a target per feature, quantiles outputs', () => {
    const model = new u.Sequential([new u.RNN(2, 4), new u.Linear(4, 6)]);
    const loss = u.pinball({ quantiles: [0.1, 0.5, 0.9] });
    const trainer = new u.Trainer(model, { loss, optimizer: new u.SGD({ lr: 0.1 }) });
    const draw = new Draw(1);
    const x = draw.features(1, 4, 2, 2);
    const { loss: mean } = trainer.evaluate(x, draw.features(1, 4, 2, 2));
    expect(mean).toBeGreaterThan(0);
    expect(thrown(() => trainer.step(x, draw.features(1, 4, 2, 6)))).toBeInstanceOf(u.ShapeError);
  });

  test.each<[string, () => unknown, string]>([
    ['none', () => u.pinball({ quantiles: [] }), 'quantiles'],
    ['0', () => u.pinball({ quantiles: [0] }), 'quantiles[0]'],
    ['1', () => u.pinball({ quantiles: [0.5, 1] }), 'quantiles[1]'],
    ['not dividing the outputs', () => trainerOf(u.pinball({ quantiles: [0.5, 0.6] })), 'quantiles'],
    ['class weights of another number', () => trainerOf(u.crossEntropy({ weight: [1, 2] })), 'weight'],
    ['class weights that are all 0', () => u.crossEntropy({ weight: [0, 0] }), 'weight'],
    ['a negative class weight', () => u.crossEntropy({ weight: [1, -1] }), 'weight[1]'],
    ['label smoothing above 1', () => u.crossEntropy({ labelSmoothing: 1.5 }), 'labelSmoothing'],
  ])('refused: %s', (_, call, argument) => {
    expect(thrown(call)).toMatchObject({ argument });
  });
});

function trainerOf(loss: u.TrainerOptions['loss']): u.Trainer {
  return new u.Trainer(new u.Sequential([new u.RNN(2, 3)]), { loss, optimizer: new u.SGD({ lr: 0.1 }) });
}
