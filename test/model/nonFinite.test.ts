import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { Draw, expectSameDict, thrown } from './helpers.ts';

const [F, T, B] = [3, 8, 2];

function make(opts: Partial<u.TrainerOptions> = {}): u.Trainer {
  const layers = [new u.LSTM(F, 5), new u.Dropout(0.3), new u.GRU(5, 4), new u.Linear(4, 2)];
  return new u.Trainer(new u.Sequential(layers, { seed: 1 }), {
    loss: u.mse,
    optimizer: new u.Adam(),
    ...opts,
  });
}

function batch(seed: number): { x: u.NDArray; y: u.NDArray } {
  const draw = new Draw(seed);
  return { x: draw.features(1, T, B, F), y: draw.features(1, T, B, 2) };
}

/** A copy with one value at a step. */
function spoilt({ data, shape }: u.NDArray, value: number, step = 3): u.NDArray {
  const copy = data.slice();
  copy[(step * data.length) / shape[0]!] = value;
  return { data: copy, shape };
}

const ways: Record<string, Partial<u.TrainerOptions>> = {
  'whole sequences': {},
  'carried states': { carryState: true },
  clipping: { clipNorm: 1 },
  truncation: { truncation: { k1: 2, k2: 4 }, carryState: true },
  'a memory budget': { memoryBudget: 20_000, carryState: true },
};

beforeAll(() => u.init({ kernels: 'simd' }));

describe('a step whose loss or gradients are not finite', () => {
  for (const [name, opts] of Object.entries(ways)) {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      test.each(['x', 'y'] as const)(`${name}, ${value} in %s: throws, and changes nothing`, (where) => {
        const [t, plain] = [make(opts), make(opts)];
        for (let i = 0; i < 2; i++) {
          const good = batch(i);
          for (const one of [t, plain]) one.step(good.x, good.y);
        }
        const { x, y } = batch(5);
        const bad = { x, y, [where]: spoilt(where === 'x' ? x : y, value) };
        const error = thrown(() => t.step(bad.x, bad.y)) as u.NonFiniteError;
        expect(error).toBeInstanceOf(u.NonFiniteError);
        expect(error.name).toBe('NonFiniteError');
        expect(error.step).toBe(plain.steps);
        expect(t.save()).toEqual(plain.save());
        // dropout's draws and the states carried are those of the first attempt
        expect(t.step(x, y)).toEqual(plain.step(x, y));
        expect(t.save()).toEqual(plain.save());
        expectSameDict(t.model.gradients(), plain.model.gradients());
      });

      test(`${name}, ${value}: is left out and counted with skip`, () => {
        const [t, plain] = [make({ ...opts, nonFinite: 'skip' }), make({ ...opts, nonFinite: 'skip' })];
        const { x, y } = batch(5);
        const { skipped, lr } = t.step(spoilt(x, value), y);
        expect([skipped, lr, t.skipped, t.steps]).toEqual([true, 1e-3, 1, 0]);
        const good = t.step(x, y);
        expect(good).toEqual(plain.step(x, y));
        expect(good.skipped).toBeUndefined();
        const other = make(opts);
        other.restore(t.save());
        expect(other.skipped).toBe(1);
      });
    }
  }

  test('allow makes the update', () => {
    const t = make({ nonFinite: 'allow' });
    const { x, y } = batch(5);
    expect(t.step(spoilt(x, Number.NaN), y).loss).toBeNaN();
    expect(t.steps).toBe(1);
    expect(t.model.stateDict()['3.bias']!.data[0]).toBeNaN();
  });

  test('a diverging run ends before its weights do', () => {
    const t = make({ optimizer: new u.SGD({ lr: 1e6 }) });
    const { x, y } = batch(1);
    const error = thrown(() => {
      for (let i = 0; i < 500; i++) t.step(x, y);
    });
    expect(error).toBeInstanceOf(u.NonFiniteError);
    for (const { data } of Object.values(t.model.stateDict())) expect(data.every(Number.isFinite)).toBe(true);
  });

  test.each([
    [Number.NaN, 3],
    [Number.NaN, 0],
  ])('with flow it tells where %d at step %i began', (value, step) => {
    const t = make();
    const { x, y } = batch(2);
    const bad = spoilt(x, value, step);
    const first = thrown(() => t.step(bad, y)) as u.NonFiniteError;
    expect(first.message).toMatch(/flow/);
    const error = thrown(() => t.step(bad, y, { flow: true })) as u.NonFiniteError;
    expect(error).toBeInstanceOf(u.NonFiniteError);
    expect(error).toMatchObject({ step: 0, layer: 0, direction: 'forward', timeStep: step, gate: 'i' });
    expect(error.message).toMatch(/layer 0 .*time step \d, gate i/);
    const inTargets = thrown(() => t.step(x, spoilt(y, value, step), { flow: true })) as u.NonFiniteError;
    expect(inTargets).toMatchObject({ step: 0, layer: 0, gate: 'gradient' });
  });

  test('a policy that nobody knows', () => {
    for (const policy of ['ignore', ['skip'], Object.create(null)]) {
      const error = thrown(() => make({ nonFinite: policy as 'allow' })) as u.ArgumentError;
      expect(error).toBeInstanceOf(u.ArgumentError);
      expect(error.argument).toBe('nonFinite');
    }
  });
});

describe('numbers that float32 does not have are refused:', () => {
  test.each<[string, () => unknown, string]>([
    ['Adam eps', () => new u.Adam({ eps: 1e-46 }), 'eps'],
    ['AdamW eps', () => new u.AdamW({ eps: 1e-46 }), 'eps'],
    ['RMSprop eps', () => new u.RMSprop({ eps: 1e-46 }), 'eps'],
    ['Adagrad eps', () => new u.Adagrad({ eps: 1e-46 }), 'eps'],
    ['lr', () => new u.SGD({ lr: 1e308 }), 'lr'],
    ['lr, set later', () => Object.assign(new u.Adam(), { lr: 1e39 }), 'lr'],
    ['beta that rounds to 1', () => new u.Adam({ betas: [0.9, 1 - 2 ** -30] }), 'betas[1]'],
    ['weightDecay', () => new u.AdamW({ weightDecay: 1e39 }), 'weightDecay'],
    ['momentum', () => new u.SGD({ lr: 1, momentum: 1e-50 }), 'momentum'],
    ['clipNorm', () => make({ clipNorm: 1e300 }), 'clipNorm'],
    ['clipValue', () => make({ clipValue: 1e-60 }), 'clipValue'],
    ['dropout that rounds to 1', () => new u.Dropout(1 - 2 ** -30), 'p'],
    ['clip', () => new u.LSTM(1, 1, { clip: 1e300 }), 'clip'],
    ['clipStepNorm', () => new u.LSTM(1, 1, { clipStepNorm: 1e300 }), 'clipStepNorm'],
    ['forgetBias', () => new u.LSTM(1, 1, { forgetBias: -1e300 }), 'forgetBias'],
  ])('%s', (_, call, argument) => {
    const error = thrown(call) as u.ArgumentError;
    expect(error).toBeInstanceOf(u.ArgumentError);
    expect(error.argument).toBe(argument);
  });

  test('a schedule that makes the learning rate infinite, before anything changes', () => {
    let factor = 1e300;
    const [t, plain] = [make({ schedule: () => factor }), make()];
    const { x, y } = batch(1);
    expect((thrown(() => t.step(x, y)) as u.ArgumentError).argument).toBe('schedule');
    factor = 1;
    expect(t.step(x, y)).toEqual(plain.step(x, y));
  });

  test('a learning rate that decays to 0 goes on', () => {
    const optimizer = new u.SGD({ lr: 1 });
    for (let i = 0; i < 60; i++) optimizer.lr *= 0.1;
    expect(optimizer.lr).toBeGreaterThan(0);
  });
});

describe('outputs that are not finite are not sampled from:', () => {
  /** A model whose output number `at` is `value`, whatever comes. */
  function constant(value: number, at: number): u.Sequential {
    const model = new u.Sequential([new u.Embedding(4, 2), new u.LSTM(2, 3), new u.Linear(3, 4)], {
      seed: 1,
    });
    const state = model.stateDict();
    state['2.bias']!.data[at] = value;
    model.loadStateDict(state);
    return model;
  }

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d', (value) => {
    const model = constant(value, 2);
    const generator = new u.Generator(1);
    const before = generator.state;
    const stream = model.stream({ batch: 2 });
    stream.step([1, 2]);
    const pool = model.streams({ capacity: 2 });
    pool.step([pool.open(), pool.open()], [0, 1]);
    for (const temperature of [1, 0, 0.5]) {
      for (const from of [stream, pool]) {
        const error = thrown(() => from.sample(generator, temperature, 1)) as u.NonFiniteError;
        expect(error).toBeInstanceOf(u.NonFiniteError);
        expect(error).toMatchObject({ row: 1, index: 2 });
        expect(error.message).toMatch(/output 2 of row 1/);
      }
    }
    expect(generator.state).toEqual(before);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('beam search: %d', (value) => {
    const error = thrown(() => u.beamSearch(constant(value, 3), { start: [1], length: 3, beams: 2 }));
    expect(error).toBeInstanceOf(u.NonFiniteError);
    expect(error).toMatchObject({ row: 0, index: 3 });
  });
});
