import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../../src/index.ts';
import { expectThrows } from '../../errors.ts';
import { expectClose } from '../../kernels/closeness.ts';
import * as losses from '../../reference/losses.ts';
import { Draw, expectSameDict, stepsOf } from '../helpers.ts';

const [V, B] = [7, 3];
const layers = (): u.Layer[] => [
  new u.Embedding(V, 4),
  new u.LSTM(4, 6, { numLayers: 2, dropout: 0.2 }),
  new u.GRU(6, 5, { zoneout: 0.2 }),
  new u.RNN(5, 6, { penalty: { l2: 0.01 } }),
  new u.Linear(6, V),
];
const trainer = (opts: Partial<u.TrainerOptions> = {}) =>
  new u.Trainer(new u.Sequential(layers(), { seed: 5 }), {
    loss: u.crossEntropy,
    optimizer: new u.Adam({ lr: 1e-2 }),
    ...opts,
  });

describe('truncation', () => {
  beforeAll(() => u.init({ kernels: 'simd' }));

  for (const carryState of [false, true]) {
    test(`k1 = k2 = T is the plain step, to the bit${carryState ? ', states carried' : ''}`, () => {
      const T = 8;
      const a = trainer({ carryState, truncation: { k1: T, k2: T } });
      const b = trainer({ carryState });
      const draw = new Draw(1);
      for (let i = 0; i < 3; i++) {
        const [x, y] = [draw.indices(V, T, B), draw.indices(V, T, B)];
        expect(a.step(x, y)).toEqual(b.step(x, y));
      }
      expectSameDict(a.model.stateDict(), b.model.stateDict());
      expect(a.steps).toBe(3);
    });
  }

  test('k above T is the plain step', () => {
    const a = trainer({ truncation: { k1: 20, k2: 40 } });
    const b = trainer();
    const draw = new Draw(1);
    const [x, y] = [draw.indices(V, 9, B), draw.indices(V, 9, B)];
    expect(a.step(x, y)).toEqual(b.step(x, y));
    expectSameDict(a.model.stateDict(), b.model.stateDict());
  });

  for (const T of [12, 14]) {
    test(`k1 = k2 = 4 of ${T} steps are steps of their own with states carried, to the bit`, () => {
      const a = trainer({ carryState: true, truncation: { k1: 4, k2: 4 } });
      const b = trainer({ carryState: true });
      const draw = new Draw(2);
      for (let i = 0; i < 2; i++) {
        const [x, y] = [draw.indices(V, T, B), draw.indices(V, T, B)];
        const got = a.step(x, y);
        let sum = 0;
        let norm = 0;
        for (let t = 0; t < T; t += 4) {
          const end = Math.min(t + 4, T);
          const { loss, gradNorm } = b.step(stepsOf(x, t, end), stepsOf(y, t, end));
          sum += loss * (end - t);
          norm = Math.max(norm, gradNorm);
        }
        expect(got.loss).toBeCloseTo(sum / T, 12);
        expect(got.gradNorm).toBe(norm);
      }
      expect(a.steps).toBe(b.steps);
      expectSameDict(a.model.stateDict(), b.model.stateDict());
    });
  }

  test('without carryState each call starts from zeros', () => {
    const a = trainer({ truncation: { k1: 3, k2: 3 }, optimizer: new u.SGD({ lr: 0 }) });
    const [x, y] = [new Draw(1).indices(V, 6, B), new Draw(2).indices(V, 6, B)];
    expect(a.evaluate(x, y).loss).toBeGreaterThan(0);
    const plain = () => [new u.Embedding(V, 4), new u.LSTM(4, 6), new u.Linear(6, V)];
    const t = new u.Trainer(new u.Sequential(plain()), {
      loss: u.crossEntropy,
      optimizer: new u.SGD({ lr: 0 }),
      truncation: { k1: 2, k2: 4 },
    });
    const first = t.step(x, y).loss;
    expect(t.step(x, y).loss).toBe(first);
    expect(first).toBeCloseTo(t.evaluate(x, y).loss, 6);
  });

  for (const [k1, k2, T] of [
    [2, 6, 14],
    [1, 3, 7],
    [3, 6, 11],
    [2, 4, 13],
    [4, 8, 6],
  ] as const) {
    test(`k1 ${k1}, k2 ${k2}, ${T} steps: the last losses' gradient through the last k2 steps`, () => {
      // with a learning rate of 0 every update is of the same parameters
      const make = () =>
        new u.Sequential(
          [new u.LSTM(3, 5, { numLayers: 2, peephole: true }), new u.GRU(5, 4), new u.Linear(4, 2)],
          {
            seed: 3,
          },
        );
      const t = new u.Trainer(make(), {
        loss: u.mse,
        optimizer: new u.SGD({ lr: 0 }),
        truncation: { k1, k2 },
      });
      const draw = new Draw(7);
      const x = draw.features(1, T, B, 3);
      const y = draw.features(1, T, B, 2);
      const { loss, gradNorm } = t.step(x, y);
      const from = Math.floor((T - 1) / k1) * k1;
      const start = Math.max(0, from + k1 - k2);
      // a model that starts from the states at `start`: they are what its layers give alone
      const reference = gradientOfLast(make().stateDict(), x, y, start, from);
      const got = t.model.gradients();
      for (const [name, data] of Object.entries(reference.gradients))
        expectClose(got[name]!.data, data, 1e-5, name);
      expect(loss).toBeCloseTo(reference.loss, 6);
      expect(gradNorm).toBeGreaterThan(0);
      expect(t.steps).toBe(Math.ceil(T / k1));
    });
  }

  test('the state after a call is carried, whatever k2', () => {
    const make = () => [new u.Embedding(V, 4), new u.LSTM(4, 6), new u.Linear(6, V)];
    const of = (opts: Partial<u.TrainerOptions>) =>
      new u.Trainer(new u.Sequential(make(), { seed: 1 }), {
        loss: u.crossEntropy,
        optimizer: new u.SGD({ lr: 0 }),
        carryState: true,
        ...opts,
      });
    const [a, b] = [of({ truncation: { k1: 2, k2: 6 } }), of({})];
    const draw = new Draw(4);
    for (const T of [9, 3, 12]) {
      const [x, y] = [draw.indices(V, T, B), draw.indices(V, T, B)];
      expect(a.step(x, y).loss).toBeCloseTo(b.step(x, y).loss, 6);
    }
  });

  test('a call continues after save and restore', () => {
    const opts = { carryState: true, truncation: { k1: 2, k2: 4 } };
    const a = trainer(opts);
    const draw = new Draw(4);
    const batches = Array.from({ length: 4 }, () => [draw.indices(V, 6, B), draw.indices(V, 6, B)] as const);
    for (const [x, y] of batches.slice(0, 2)) a.step(x, y);
    const file = a.save();
    const b = new u.Trainer(u.Sequential.load(file), {
      loss: u.crossEntropy,
      optimizer: new u.Adam(),
      ...opts,
    });
    b.restore(file);
    for (const [x, y] of batches.slice(2)) {
      a.step(x, y);
      b.step(x, y);
    }
    expectSameDict(a.model.stateDict(), b.model.stateDict());
  });

  test('targets that do not count: a window without any, or none at all', () => {
    const t = trainer({ truncation: { k1: 2, k2: 4 } });
    const x = new Draw(1).indices(V, 8, B);
    const y = new Draw(2).indices(V, 8, B);
    y.data.fill(-100, 2 * B, 4 * B);
    const { loss } = t.step(x, y);
    expect(loss).toBeGreaterThan(0);
    for (const { data } of Object.values(t.model.stateDict())) expect(data.every(Number.isFinite)).toBe(true);
    const before = t.model.stateDict();
    y.data.fill(-100);
    expectThrows(() => t.step(x, y), ['y']);
    expectSameDict(t.model.stateDict(), before);
  });

  test('memory is as planned', () => {
    for (const carryState of [false, true]) {
      const t = trainer({ truncation: { k1: 5, k2: 20 }, carryState });
      const { bytes } = t.model.plan({ steps: 400, batch: 60 });
      expect(bytes).toBe(t.model.plan({ steps: 4000, batch: 60 }).bytes);
      const x = new Draw(1).indices(V, 400, 60);
      t.step(x, x);
      expect(t.model.memoryBytes).toBe(bytes);
    }
  });

  test('a bad number anywhere is refused before anything changes', () => {
    const t = trainer({ truncation: { k1: 2, k2: 2 } });
    const before = t.model.stateDict();
    const good = new Draw(1).indices(V, 8, B);
    const bad = { data: good.data.slice(), shape: good.shape };
    bad.data[5 * B + 2] = -1;
    expectThrows(() => t.step(bad, good), ['x (step 5, row 2)']);
    expectThrows(() => t.step(good, bad), ['y (step 5, row 2)']);
    expectSameDict(t.model.stateDict(), before);
    expect(t.steps).toBe(0);
  });
});

type Features = { data: Float32Array<ArrayBuffer>; shape: readonly number[] };

/** Gradients of mse over steps from `from` on, through steps from `start` on, of the model of the test above. */
function gradientOfLast(
  state: Record<string, { data: Float32Array; shape: readonly number[] }>,
  x: Features,
  y: Features,
  start: number,
  from: number,
) {
  const T = x.shape[0]!;
  const part = (prefix: string) =>
    Object.fromEntries(
      Object.entries(state)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length), value]),
    );
  const lstm = new u.LSTM(3, 5, { numLayers: 2, peephole: true });
  lstm.loadStateDict(part('0.'));
  const gru = new u.GRU(5, 4);
  gru.loadStateDict(part('1.'));
  const weight = state['2.weight']!.data;
  const bias = state['2.bias']!.data;
  const windowX = stepsOf(x, start, T);
  const prior = start ? lstm.forward(stepsOf(x, 0, start)) : undefined;
  const priorTop = prior && gru.forward(prior.output);
  const a = lstm.forward(windowX, { training: true, ...(prior ? { h0: prior.hN, c0: prior.cN! } : {}) });
  const b = gru.forward(a.output, { training: true, ...(priorTop ? { h0: priorTop.hN } : {}) });
  const steps = T - start;
  const dTop = new Float32Array(steps * B * 4);
  const dWeight = new Float64Array(8);
  const dBias = new Float64Array(2);
  const count = (T - from) * B * 2;
  for (let row = (from - start) * B; row < steps * B; row++) {
    for (let k = 0; k < 2; k++) {
      let out = bias[k]!;
      for (let j = 0; j < 4; j++) out += b.output.data[row * 4 + j]! * weight[k * 4 + j]!;
      const d = (2 * (out - y.data[(start * B + row) * 2 + k]!)) / count;
      dBias[k]! += d;
      for (let j = 0; j < 4; j++) {
        dWeight[k * 4 + j]! += d * b.output.data[row * 4 + j]!;
        dTop[row * 4 + j]! += d * weight[k * 4 + j]!;
      }
    }
  }
  const { input } = gru.backward({ output: { data: dTop, shape: [steps, B, 4] } });
  lstm.backward({ output: input });
  const gradients: Record<string, ArrayLike<number>> = { '2.weight': dWeight, '2.bias': dBias };
  for (const [name, { data }] of Object.entries(lstm.gradients())) gradients[`0.${name}`] = data;
  for (const [name, { data }] of Object.entries(gru.gradients())) gradients[`1.${name}`] = data;
  const model = new u.Sequential(
    [new u.LSTM(3, 5, { numLayers: 2, peephole: true }), new u.GRU(5, 4), new u.Linear(4, 2)],
    { seed: 3 },
  );
  const output = Float64Array.from(model.forward(x).data);
  return { gradients, loss: losses.mse(output, Float64Array.from(y.data)).value };
}
