import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose } from '../kernels/closeness.ts';
import { numericGradient } from '../reference/gradcheck.ts';
import { Draw, expectSameArray, expectSameDict } from './helpers.ts';

const [V, F, T, B] = [7, 4, 9, 5];
const lengths = [4, 9, 0, 7, 4];

const models: Record<string, () => u.Layer[]> = {
  'stack of all cells': () => [
    new u.Embedding(V, F),
    new u.RNN(F, 6),
    new u.LSTM(6, 5, { numLayers: 2 }),
    new u.GRU(5, 6),
    new u.Linear(6, V),
  ],
  'both directions': () => [
    new u.Embedding(V, F),
    new u.LSTM(F, 5, { bidirectional: true }),
    new u.GRU(10, 6, { bidirectional: true, mergeMode: 'sum', resetAfter: false }),
    new u.Linear(6, V),
  ],
  'both directions, not looked up': () => [
    new u.Embedding(400, F),
    new u.LSTM(F, 5, { bidirectional: true, numLayers: 2 }),
    new u.Linear(10, V),
  ],
  options: () => [
    new u.Embedding(V, F),
    new u.LSTM(F, 6, { projSize: 3, peephole: true, layerNorm: true }),
    new u.GRU(3, 6, { heads: 2 }),
    new u.Linear(6, V),
  ],
};

function trainer(layers: u.Layer[], opts: Partial<u.TrainerOptions> = {}): u.Trainer {
  const model = new u.Sequential(layers, { seed: 3 });
  return new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0.1 }), ...opts });
}

/** 1 where a step counts. */
const counted = Uint8Array.from({ length: T * B }, (_, i) => (Math.floor(i / B) < lengths[i % B]! ? 1 : 0));

describe('rows of their own lengths in training', () => {
  beforeAll(() => u.init({ kernels: 'simd' }));

  test.each(Object.entries(models))('%s: a batch without a step', (_, layers) => {
    const x = new Draw(2).indices(V, T, B);
    const t = trainer(layers(), { optimizer: new u.Adam() });
    const [before, saved] = [t.model.forward(x, { lengths }), t.model.save()];
    const none = { lengths: lengths.map(() => 0) };
    for (const given of [none, { mask: new Uint8Array(T * B) }]) {
      const zeros = { data: new Float32Array(T * B * V), shape: [T, B, V] };
      expectSameArray(t.model.forward(x, given), zeros, 'output');
      expect(() => t.step(x, x, given)).toThrow(/^y: expected a target .*got none/);
      expect(() => t.evaluate(x, x, given)).toThrow(/^y: expected a target .*got none/);
    }
    expect(t.model.save()).toEqual(saved);
    expectSameArray(t.model.forward(x, { lengths }), before, 'afterwards');
  });

  test('a layer passes its states through a batch without a step', () => {
    const x = new Draw(2).features(1, 3, 2, 2);
    const h0 = new Draw(2).features(1, 1, 2, 3);
    const { output, hN } = new u.GRU(2, 3).forward(x, { h0, lengths: [0, 0] });
    expectSameArray(output, { data: new Float32Array(18), shape: [3, 2, 3] }, 'output');
    expectSameArray(hN, h0, 'hN');
  });

  for (const [name, layers] of Object.entries(models)) {
    test(`${name}: as if the targets of padding were ignored, or the rows came one by one`, () => {
      const draw = new Draw(2);
      const x = draw.indices(V, T, B);
      const y = draw.indices(V, T, B);
      const t = trainer(layers());
      const { loss, gradNorm } = t.step(x, y, { lengths });
      const gradients = t.model.gradients();
      // one row after the other
      const rows = trainer(layers(), { optimizer: new u.SGD({ lr: 0 }) });
      const sums: Record<string, Float64Array> = {};
      let sum = 0;
      const all = lengths.reduce((a, b) => a + b);
      for (const [b, n] of lengths.entries()) {
        if (!n) continue;
        const of = (data: Int32Array) => Array.from({ length: n }, (_, s) => data[s * B + b]!);
        sum += rows.step(of(x.data), of(y.data)).loss * n;
        for (const [key, { data }] of Object.entries(rows.model.gradients())) {
          sums[key] ??= new Float64Array(data.length);
          data.forEach((v, i) => {
            sums[key]![i]! += (v * n) / all;
          });
        }
      }
      expect(loss).toBeCloseTo(sum / all, 6);
      for (const [key, { data }] of Object.entries(gradients)) expectClose(data, sums[key]!, 2e-5, key);
      expect(gradNorm).toBeGreaterThan(0);
      // what padding holds changes nothing
      const other = trainer(layers());
      const dirty = { data: x.data.map((v, i) => (counted[i] ? v : V - 1)), shape: x.shape };
      const dirtyY = { data: y.data.map((v, i) => (counted[i] ? v : 0)), shape: y.shape };
      expect(other.step(dirty, dirtyY, { lengths }).loss).toBe(loss);
      expectSameDict(other.model.stateDict(), t.model.stateDict());
      // a mask of the same steps
      const masked = trainer(layers());
      expect(masked.step(x, y, { mask: counted }).loss).toBe(loss);
      expectSameDict(masked.model.stateDict(), t.model.stateDict());
      expect(t.evaluate(x, y, { lengths }).loss).toBe(masked.evaluate(x, y, { mask: counted }).loss);
    });
  }

  test('targets ignored give the same as lengths, in one direction', () => {
    const layers = models['stack of all cells']!;
    const draw = new Draw(2);
    const [x, y] = [draw.indices(V, T, B), draw.indices(V, T, B)];
    const ignored = { data: y.data.map((v, i) => (counted[i] ? v : -100)), shape: y.shape };
    const [a, b] = [trainer(layers()), trainer(layers())];
    for (let i = 0; i < 3; i++) {
      expect(a.step(x, y, { lengths }).loss).toBeCloseTo(b.step(x, ignored).loss, 6);
    }
    const expected = b.model.stateDict();
    for (const [name, { data }] of Object.entries(a.model.stateDict()))
      expectClose(data, expected[name]!.data, 1e-5, name);
  });

  test('lengths that are all T are none, to the bit, with dropout too', () => {
    const layers = () => [
      new u.Embedding(V, F),
      new u.Dropout(0.2),
      new u.LSTM(F, 6, { numLayers: 2, dropout: 0.2, zoneout: 0.1, recurrentDropout: 0.1 }),
      new u.Linear(6, V),
    ];
    const [a, b] = [trainer(layers(), { carryState: true }), trainer(layers(), { carryState: true })];
    const draw = new Draw(4);
    for (let i = 0; i < 3; i++) {
      const [x, y] = [draw.indices(V, T, B), draw.indices(V, T, B)];
      expect(a.step(x, y, { lengths: new Array(B).fill(T) })).toEqual(b.step(x, y));
    }
    expectSameDict(a.model.stateDict(), b.model.stateDict());
  });

  test('plans with and without lengths, flow and other shapes take turns', () => {
    const layers = models.options!;
    const draw = new Draw(4);
    const [x, y] = [draw.indices(V, T, B), draw.indices(V, T, B)];
    const t = trainer(layers(), { optimizer: new u.SGD({ lr: 0 }) });
    const plain = t.step(x, y).loss;
    const ragged = t.step(x, y, { lengths }).loss;
    expect(ragged).not.toBe(plain);
    expect(t.step(x, y).loss).toBe(plain);
    expect(t.step(x, y, { lengths, flow: true }).loss).toBe(ragged);
    expect(t.step(x, y, { flow: true }).loss).toBe(plain);
    expect(t.evaluate(x, y, { lengths }).loss).toBeCloseTo(ragged, 6);
    expect(t.step(x, y, { lengths }).loss).toBe(ragged);
    expect(t.step(x, y, { lengths: [...lengths].reverse() }).loss).not.toBe(ragged);
  });

  test('states carried from rows of their own lengths are those after their last steps', () => {
    const layers = () => [new u.Embedding(V, F), new u.LSTM(F, 6), new u.GRU(6, 5), new u.Linear(5, V)];
    const t = trainer(layers(), { optimizer: new u.SGD({ lr: 0 }), carryState: true });
    const whole = trainer(layers(), { optimizer: new u.SGD({ lr: 0 }), carryState: true });
    const draw = new Draw(4);
    const own = [4, 9, 1, 7, 4];
    const [x, y] = [draw.indices(V, T, B), draw.indices(V, T, B)];
    const [x2, y2] = [draw.indices(V, 3, B), draw.indices(V, 3, B)];
    t.step(x, y, { lengths: own });
    const { loss } = t.step(x2, y2);
    let sum = 0;
    for (const [b, n] of own.entries()) {
      const of = (data: Int32Array, steps: number) =>
        Array.from({ length: steps }, (_, s) => data[s * B + b]!);
      whole.resetState();
      whole.step(of(x.data, n), of(y.data, n));
      sum += whole.step(of(x2.data, 3), of(y2.data, 3)).loss / B;
    }
    expect(loss).toBeCloseTo(sum, 6);
  });
});

describe('LastStep', () => {
  beforeAll(() => u.init({ kernels: 'simd' }));

  const layers = (bidirectional = false): u.Layer[] => [
    new u.GRU(3, 4, { bidirectional }),
    new u.LastStep(),
    new u.Linear(bidirectional ? 8 : 4, 2),
  ];

  test.each([
    { bidirectional: false, name: 'one direction' },
    { bidirectional: true, name: 'both directions' },
  ])('$name: the output is that of the last step that counts, of each direction', ({ bidirectional }) => {
    const model = new u.Sequential(layers(bidirectional).slice(0, 2), { seed: 3 });
    const all = new u.Sequential(layers(bidirectional).slice(0, 1), { seed: 3 });
    const x = new Draw(5).features(1, T, B, 3);
    const W = all.network.outputSize;
    for (const own of [undefined, [4, 9, 1, 7, 4], lengths]) {
      const given = own ? { lengths: own } : {};
      for (const training of [false, true]) {
        const y = model.forward(x, { ...given, training });
        expect(y.shape).toEqual([1, B, W]);
        const whole = all.forward(x, given);
        const expected = new Float32Array(B * W);
        for (let b = 0; b < B; b++) {
          const last = (own ? own[b]! : T) - 1;
          if (last < 0) continue;
          expected.set(whole.data.subarray((last * B + b) * W, (last * B + b) * W + 4), b * W);
          // the reverse direction ends at the first step
          if (bidirectional) expected.set(whole.data.subarray(b * W + 4, (b + 1) * W), b * W + 4);
        }
        expectSameArray(y, { data: expected, shape: [1, B, W] }, 'last step');
      }
    }
  });

  for (const [what, given] of Object.entries({
    'without lengths': {},
    'with lengths': { lengths },
    'with a mask': { mask: counted.map((v, i) => (i % 4 === 1 ? 0 : v)) },
  })) {
    test.each([false, true])(
      `${what}: gradients are central differences of the loss, bidirectional %s`,
      (both) => {
        const t = trainer(layers(both), { loss: u.mse, optimizer: new u.SGD({ lr: 0 }) });
        const draw = new Draw(6);
        const x = draw.features(1, T, B, 3);
        const y = draw.features(1, 1, B, 2);
        t.step(x, y, given);
        const gradients = t.model.gradients();
        const state = t.model.stateDict();
        for (const [name, { data }] of Object.entries(state)) {
          const values = Float64Array.from(data);
          const loss = () => {
            t.model.loadStateDict({ ...state, [name]: { data: values, shape: state[name]!.shape } });
            return t.evaluate(x, y, given).loss;
          };
          const numeric = numericGradient(loss, values, 1e-2);
          expectClose(gradients[name]!.data, numeric, 5e-3, name);
        }
        t.model.loadStateDict(state);
      },
    );
  }

  test.each([false, true])('a row without steps does not count in the loss, bidirectional %s', (both) => {
    const make = () => trainer(layers(both), { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }) });
    const [all, without] = [make(), make()];
    const draw = new Draw(6);
    const [x, y] = [draw.features(1, T, B, 3), draw.features(1, 1, B, 2)];
    // row 2 has length 0; what its target holds does not matter
    y.data.fill(Number.NaN, 4, 6);
    const rows = [0, 1, 3, 4];
    const take = (of: typeof x, width: number) => ({
      data: Float32Array.from({ length: (of.data.length / B) * rows.length }, (_, i) => {
        const [step, row] = [
          Math.floor(i / (rows.length * width)),
          rows[Math.floor(i / width) % rows.length]!,
        ];
        return of.data[(step * B + row) * width + (i % width)]!;
      }),
      shape: [of.shape[0]!, rows.length, width],
    });
    const [fewX, fewY] = [take(x, 3), take(y, 2)];
    const fewLengths = rows.map((b) => lengths[b]!);
    const given = { lengths: fewLengths };
    expect(all.evaluate(x, y, { lengths })).toEqual(without.evaluate(fewX, fewY, given));
    for (let i = 0; i < 3; i++) {
      expect(all.step(x, y, { lengths })).toEqual(without.step(fewX, fewY, given));
    }
    expectSameDict(all.model.stateDict(), without.model.stateDict());
    const indices = trainer([new u.Embedding(V, F), new u.LSTM(F, 6), new u.LastStep(), new u.Linear(6, 3)]);
    const target = { data: Int32Array.from([0, 1, 99, 2, 0]), shape: [1, B] };
    expect(indices.step(draw.indices(V, T, B), target, { lengths }).loss).toBeGreaterThan(0);
  });

  test('a dense layer and dropout after it, trained', () => {
    const model = [
      new u.Embedding(V, F),
      new u.LSTM(F, 6),
      new u.LastStep(),
      new u.Dropout(0.1),
      new u.Linear(6, 3),
    ];
    const t = trainer(model, { optimizer: new u.Adam({ lr: 0.02 }) });
    const draw = new Draw(1);
    // the class is the last token that counts
    let loss = 9;
    for (let i = 0; i < 150; i++) {
      const x = draw.indices(3, T, B);
      const own = Array.from({ length: B }, () => draw.integer(1, T));
      const y = { data: Int32Array.from(own, (n, b) => x.data[(n - 1) * B + b]!), shape: [1, B] };
      ({ loss } = t.step(x, y, { lengths: own }));
    }
    expect(loss).toBeLessThan(0.3);
  });

  test('backward of a model gives the gradient by the input, zeros where a step does not count', () => {
    const model = new u.Sequential(layers(true), { seed: 3 });
    const x = new Draw(5).features(1, T, B, 3);
    model.forward(x, { training: true, lengths });
    const dx = model.backward(new Draw(6).features(1, 1, B, 2))!;
    expect(dx.shape).toEqual([T, B, 3]);
    for (let i = 0; i < T * B; i++) {
      const zero = dx.data.subarray(i * 3, i * 3 + 3).every((v) => v === 0);
      expect(zero).toBe(counted[i] === 0);
    }
  });
});
