import { beforeAll, describe, expect, test } from 'vitest';
import { packModel, unpackModel } from '../../src/audio/packedModel.ts';
import * as u from '../../src/index.ts';
import { Draw, expectSameArray, expectSameDict, thrown } from '../model/helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const draw = new Draw(23);

/** An encoder and a decoder whose output layer is tied to the decoder's table. */
function translator() {
  const source = u.input({ indices: 7 });
  const target = u.input({ indices: 9 });
  const encoder = new u.LSTM(4, 6).apply(new u.Embedding(7, 4).apply(source));
  const table = new u.Embedding(9, 4);
  const decoder = new u.LSTM(4, 6).apply(table.apply(target), { h0: encoder.hN, c0: encoder.cN });
  const attention = new u.Attention({ kind: 'additive', units: 5 });
  const context = attention.apply(decoder.output, encoder.output);
  const hidden = new u.Linear(12, 4, { activation: 'tanh' }).apply(
    new u.Concat().apply(decoder.output, context),
  );
  const outputs = new u.Linear(4, 9, { tied: table }).apply(new u.LayerNorm(4).apply(hidden));
  return new u.Model({ inputs: { source, target }, outputs }, { seed: 4 });
}

/** A residual block with batch normalization. */
function residual() {
  const x = u.input({ features: 4 });
  const block = new u.BatchNorm(4).apply(new u.GRU(4, 4).apply(x));
  return new u.Model({ inputs: x, outputs: new u.Add().apply(x, block) }, { seed: 4 });
}

const given = {
  source: { data: Int32Array.from([0, 6, 3, 3, 5, 1, 2, 4]), shape: [4, 2] },
  target: { data: Int32Array.from([1, 8, 3, 2, 0, 7]), shape: [3, 2] },
};
const lengths = { source: [2, 4], target: [3, 1] };

describe('an encoder-decoder with attention and a tied output', () => {
  test('is saved and loaded', () => {
    const model = translator();
    const loaded = u.Model.load(model.save()) as unknown as typeof model;
    expectSameDict(loaded.stateDict(), model.stateDict());
    expectSameArray(loaded.forward(given, { lengths }), model.forward(given, { lengths }), 'output');
    expect(Object.values(loaded.stateDict()).filter(({ shape }) => `${shape}` === '9,4').length).toBe(1);
  });

  test('learns a batch, with lengths of both sides in opposite orders', () => {
    const model = translator();
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.AdamW({ lr: 0.02 }) });
    const y = { data: Int32Array.from([8, 3, 2, 2, 0, 1]), shape: [3, 2] };
    let loss = 9;
    for (let i = 0; i < 150; i++) ({ loss } = trainer.step(given, y, { lengths }));
    expect(loss).toBeLessThan(0.1);
  });

  test('the decoder streams over a given source', () => {
    const model = translator();
    const one = {
      source: { data: Int32Array.from([0, 6, 3, 3]), shape: [4, 1] },
      target: { data: Int32Array.from([1, 8, 3]), shape: [3, 1] },
    };
    const whole = model.forward(one);
    const stream = model.stream({ given: { source: one.source } });
    for (let t = 0; t < 3; t++) {
      const step = stream.step(one.target.data[t]!);
      expect([...step]).toEqual([...whole.data.subarray(t * 9, t * 9 + 9)]);
    }
  });
});

describe('a residual block with BatchNorm', () => {
  const x = draw.features(1, 5, 3, 4);
  const bad = { ...x, data: x.data.map((v, i) => (i === 7 ? Number.NaN : v)) };

  test('running statistics move in a step, not in a refused one, and are saved', () => {
    const model = residual();
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }) });
    const start = model.stateDict();
    trainer.step(x, x);
    const moved = model.stateDict();
    const mean = Object.keys(moved).find((name) => name.endsWith('running_mean'))!;
    expect(moved[mean]!.data).not.toEqual(start[mean]!.data);
    expect(thrown(() => trainer.step(x, bad))).toBeInstanceOf(u.NonFiniteError);
    expectSameDict(model.stateDict(), moved);
    expectSameDict(u.Model.load(model.save()).stateDict(), moved);
  });

  test('streams', () => {
    const model = residual();
    model.forward(x, { training: true });
    const one = draw.features(1, 5, 1, 4);
    const whole = model.forward(one);
    const stream = model.stream();
    for (let t = 0; t < 5; t++) {
      const step = stream.step(one.data.subarray(t * 4, t * 4 + 4));
      expect([...step]).toEqual([...whole.data.subarray(t * 4, t * 4 + 4)]);
    }
  });
});

test('a tied layer and buffers come along to an AudioWorklet', () => {
  const table = new u.Embedding(9, 4);
  const model = new u.Sequential([
    table,
    new u.LSTM(4, 4),
    new u.BatchNorm(4),
    new u.Linear(4, 9, { tied: table }),
  ]);
  const x = { data: Int32Array.from([0, 8, 3, 3]), shape: [4, 1] };
  model.forward(x, { training: true });
  const unpacked = unpackModel(structuredClone(packModel(model)));
  expectSameArray(unpacked.forward(x), model.forward(x), 'output');
});
