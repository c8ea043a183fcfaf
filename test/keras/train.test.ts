import { beforeAll, describe, expect, test } from 'vitest';
import { Adam, crossEntropy, init, Model, mse, Trainer } from '../../src/index.ts';
import { loadKeras } from '../../src/keras/index.ts';
import type { NDArray } from '../../src/ndarray.ts';
import { kerasCases } from '../fixtures/keras/read.ts';

const CASES = new Map((await kerasCases()).map((each) => [each.name, each]));
const fileOf = (name: string) => CASES.get(name)!.file;

beforeAll(async () => {
  await init({ kernels: 'simd' });
});

describe('a loaded model trains', () => {
  test('GRU with reset_after', async () => {
    const model = await loadKeras(fileOf('GRU-last.keras'));
    const trainer = new Trainer(model, { loss: mse, optimizer: new Adam({ lr: 0.02 }) });
    const { inputs } = CASES.get('GRU-last.keras')!;
    const x = { data: inputs[0]!.data, shape: [6, 2, 3] };
    const y = { data: [0.5, -0.5, 0.1, 0.2, -0.3, 0.4, 0.3, 0], shape: [2, 4] };
    const first = trainer.step(x, y).loss;
    for (let i = 0; i < 150; i++) trainer.step(x, y);
    expect(trainer.step(x, y).loss).toBeLessThan(first / 20);
  });

  test('a functional model of Keras 3 with two inputs and two outputs', async () => {
    const model = await loadKeras(fileOf('functional.keras'));
    expect(model.kerasOutputs.map(({ name }) => name)).toEqual(expect.arrayContaining(['trend', 'class']));
    const trainer = new Trainer(model, {
      loss: { trend: mse, class: crossEntropy } as never,
      optimizer: new Adam({ lr: 0.02 }),
    });
    const [series, context] = CASES.get('functional.keras')!.inputs;
    const x = {
      series: { data: series!.data, shape: [6, 2, 3] },
      context: { data: context!.data, shape: [2, 4] },
    };
    const y = { trend: { data: [1, 0, 0, 1], shape: [2, 2] }, class: Int32Array.of(2, 0) };
    const first = trainer.step(x as never, y as never).loss;
    for (let i = 0; i < 150; i++) trainer.step(x as never, y as never);
    expect(trainer.step(x as never, y as never).loss).toBeLessThan(first / 2);
  });

  test('is saved and loaded as a Model, with the mask of its input', async () => {
    const { file, inputs } = CASES.get('GRU-masked.keras')!;
    const model = await loadKeras(file);
    const own = Model.load(model.save());
    const x = inputs[0]!;
    // [B, T] to [T, B]
    const T = x.shape[1]!;
    const data = Int32Array.from({ length: 2 * T }, (_, i) => x.data[(i % 2) * T + (i >> 1)]!);
    const given = { data, shape: [T, 2] };
    expect(own.forward(given as never)).toEqual(model.forward(given as never));
    expect((model.predict(x) as NDArray).data).toEqual((model.forward(given as never) as NDArray).data);
  });

  test('a model with one bias per gate has one here', async () => {
    const model = await loadKeras(fileOf('LSTM-last.keras'));
    expect(Object.keys(model.stateDict())).toEqual([
      'lstm.weight_ih_l0',
      'lstm.weight_hh_l0',
      'lstm.bias_ih_l0',
    ]);
  });
});

describe('a loaded model streams', () => {
  test('step by step, with the outputs of predict', async () => {
    const { file, inputs } = CASES.get('LSTM-sequences-h5.h5')!;
    const model = await loadKeras(file);
    const { data, shape } = model.predict(inputs[0]!) as NDArray;
    const [, T, F] = shape as [number, number, number];
    const stream = model.stream();
    for (let t = 0; t < T; t++) {
      const step = stream.step(Float32Array.from(inputs[0]!.data.slice(t * 3, (t + 1) * 3)));
      expect(Array.from(step)).toEqual(Array.from(data.slice(t * F, (t + 1) * F)));
    }
  });
});
