import { Conv1d, Linear, LSTM, MaxPool1d, mse, Pool, Sequential, SGD, Trainer } from 'unrolled';
import { WorkerTrainer } from 'unrolled/worker';
import { expect, test } from 'vitest';
import { Draw, expectSameDict } from '../model/helpers.ts';
import { inline } from './helpers.ts';

test.each([
  [
    'a convolution and pooling',
    () => [new Conv1d(2, 3, 3, { stride: 2 }), new MaxPool1d(2), new LSTM(3, 4)],
    2,
  ],
  ['a mean over all steps', () => [new LSTM(2, 4), new Pool({ kind: 'mean' }), new Linear(4, 4)], 1],
] as const)(
  'a model with another number of output steps, %s, in a worker as here',
  async (_, layers, steps) => {
    // loads the kernels
    await inline();
    const draw = new Draw(2);
    const x = draw.features(1, 9, 3, 2);
    const y = draw.features(1, steps, 3, 4);
    const opts = { lengths: [9, 5, 8] };
    const here = new Sequential(layers(), { seed: 1 });
    const trainer = new Trainer(here, { loss: mse, optimizer: new SGD({ lr: 0.1 }) });
    const there = await WorkerTrainer.create(new Sequential(layers(), { seed: 1 }), {
      loss: 'mse',
      optimizer: { name: 'sgd', lr: 0.1 },
      kernels: 'simd',
    });
    try {
      for (let i = 0; i < 3; i++) expect(await there.step(x, y, opts)).toEqual(trainer.step(x, y, opts));
      expectSameDict(Sequential.load(await there.saveModel()).stateDict(), here.stateDict());
    } finally {
      await there.terminate();
    }
  },
);
