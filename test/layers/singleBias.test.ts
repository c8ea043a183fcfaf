import { beforeAll, describe, expect, test } from 'vitest';
import { Adam, GRU, init, Linear, LSTM, mse, RNN, Sequential, Trainer } from '../../src/index.ts';
import { expectSame } from '../kernels/closeness.ts';
import { Draw, expectSameArray, expectSameDict, thrown } from '../model/helpers.ts';

beforeAll(() => init({ kernels: 'simd' }));

const draw = new Draw(5);
const x = draw.features(1, 6, 3, 4);

const layers = {
  RNN: (bias: boolean | 'single') => new RNN(4, 5, { bias, numLayers: 2, bidirectional: true }),
  'RNN relu': (bias: boolean | 'single') => new RNN(4, 5, { bias, nonlinearity: 'relu' }),
  LSTM: (bias: boolean | 'single') => new LSTM(4, 5, { bias, numLayers: 2, bidirectional: true }),
  'LSTM with a peephole': (bias: boolean | 'single') => new LSTM(4, 5, { bias, peephole: true, clip: 2 }),
  'GRU with resetAfter false': (bias: boolean | 'single') => new GRU(4, 5, { bias, resetAfter: false }),
};

describe.each(Object.entries(layers))("%s, bias: 'single'", (_, make) => {
  test('is the layer with two biases of which bias_hh is 0; gradients and streams too', () => {
    for (const lengths of [undefined, [2, 6, 4]]) {
      const opts = lengths ? { lengths } : {};
      const single = new Sequential([make('single')], { seed: 2 });
      const both = new Sequential([make(true)], { seed: 2 });
      const own = single.stateDict();
      expect(Object.keys(own).some((name) => name.includes('bias_hh'))).toBe(false);
      const zeros = Object.entries(both.stateDict()).map(([name, { data, shape }]) => {
        return [name, own[name] ?? { data: data.fill(0), shape }] as const;
      });
      both.loadStateDict(Object.fromEntries(zeros));
      expectSameArray(single.forward(x, opts), both.forward(x, opts), 'inference');
      const y = single.forward(x, { ...opts, training: true });
      expectSameArray(y, both.forward(x, { ...opts, training: true }), 'training');
      expectSameArray(single.backward(y)!, both.backward(y)!, 'input gradient');
      const gradients = both.gradients();
      for (const [name, { data }] of Object.entries(single.gradients()))
        expectSame(data, gradients[name]!.data, name);
      if (single.layers[0]!.needsFuture) continue;
      const [a, b] = [single.stream({ batch: 3 }), both.stream({ batch: 3 })];
      for (let t = 0; t < 6; t++) {
        const step = x.data.subarray(t * 12, t * 12 + 12);
        expectSame(a.step(step).slice(), b.step(step).slice(), `step ${t}`);
      }
    }
  });

  test('is saved', () => {
    const model = new Sequential([make('single')], { seed: 2 });
    const loaded = Sequential.load(model.save());
    expect(loaded.layers[0]!.config()).toMatchObject({ bias: 'single' });
    expectSameDict(loaded.stateDict(), model.stateDict());
    expectSameArray(loaded.forward(x), model.forward(x), 'output');
  });
});

test('one step of Adam moves a single bias by lr, the sum of two by twice as much', () => {
  const moved = (bias: boolean | 'single') => {
    const model = new Sequential([new LSTM(4, 5, { bias }), new Linear(5, 1)], { seed: 1 });
    const sum = () => {
      const state = model.stateDict();
      const [a, b] = [state['0.bias_ih_l0']!.data, state['0.bias_hh_l0']?.data];
      return a.map((v, i) => v + (b?.[i] ?? 0));
    };
    const before = sum();
    const trainer = new Trainer(model, { loss: mse, optimizer: new Adam({ lr: 0.01 }) });
    trainer.step(x, draw.features(1, 6, 3, 1));
    return sum().map((v, i) => Math.abs(v - before[i]!));
  };
  for (const v of moved('single')) expect(v).toBeCloseTo(0.01, 4);
  for (const v of moved(true)) expect(v).toBeCloseTo(0.02, 4);
});

test('alone, with a forget bias; a carried and truncated training', () => {
  const layer = new LSTM(4, 5, { bias: 'single', forgetBias: 1 });
  expect([...layer.stateDict().bias_ih_l0!.data.subarray(5, 10)]).toEqual([1, 1, 1, 1, 1]);
  expect(layer.forward(x).output.shape).toEqual([6, 3, 5]);
  const model = new Sequential([new LSTM(4, 5, { bias: 'single' })]);
  const truncation = { k1: 2, k2: 4 };
  const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(), carryState: true, truncation });
  const y = draw.features(1, 6, 3, 5);
  expect(trainer.step(x, y).loss).toBeGreaterThan(trainer.step(x, y).loss / 2);
});

test('refused: a GRU with resetAfter, an initializer of bias_hh, another name', () => {
  expect(thrown(() => new GRU(4, 5, { bias: 'single' }))).toMatchObject({ argument: 'bias' });
  const init = { bias_hh: () => new Float32Array(20) };
  expect(thrown(() => new LSTM(4, 5, { bias: 'single', init }))).toMatchObject({ argument: 'init.bias_hh' });
  for (const Layer of [RNN, LSTM, GRU]) {
    const error = thrown(() => new Layer(4, 5, { bias: 'double' as never }));
    expect(error).toMatchObject({ argument: 'bias', message: expect.stringContaining("'single'") });
  }
});
