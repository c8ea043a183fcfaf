import { beforeAll, describe, expect, test } from 'vitest';
import { Adam, crossEntropy, Embedding, init, Linear, mse, Sequential, Trainer } from '../../src/index.ts';
import { expectClose } from '../kernels/closeness.ts';
import { drawOptions, type GatedCell, make } from '../layers/configurableDraw.ts';
import { Draw, expectSameArray, expectSameDict } from './helpers.ts';

const cells: GatedCell[] = ['rnn', 'lstm', 'gru'];
const seeds = Array.from({ length: 16 }, (_, i) => i + 1);

beforeAll(() => init({ kernels: 'simd' }));

describe.each(cells)('%s with options', (cell) => {
  const noise = {
    recurrentDropout: 0.2,
    zoneout: cell === 'lstm' ? { h: 0.1, c: 0.2 } : 0.1,
    inputDropout: 0.1,
  };

  test.each(seeds)('saved and loaded: the same outputs and further updates, draw %i', (seed) => {
    const { inputSize, hiddenSize, steps, batch, opts } = drawOptions(cell, seed);
    const more = {
      ...opts,
      ...(seed % 2 ? noise : {}),
      ...(seed % 3 ? {} : { clipStepNorm: 0.5, penalty: { l2: 0.1 } }),
      ...(opts.numLayers! > 1 && seed % 4 === 0 ? { dropout: 0.3 } : {}),
    };
    const layer = make(cell, inputSize, hiddenSize, more);
    const model = new Sequential([layer, new Linear(layer.outputSize(), 2)], { seed });
    const trainer = new Trainer(model, { loss: mse, optimizer: new Adam() });
    const draw = new Draw(seed);
    const x = draw.features(1, steps, batch, inputSize);
    const y = draw.features(1, steps, batch, 2);
    trainer.step(x, y);
    const file = trainer.save();
    const other = Sequential.load(file);
    expectSameArray(other.forward(x), model.forward(x), 'output');
    const again = new Trainer(other, { loss: mse, optimizer: new Adam() });
    again.restore(file);
    for (let i = 0; i < 3; i++) expect(again.step(x, y)).toEqual(trainer.step(x, y));
    expectSameDict(other.stateDict(), model.stateDict());
  });

  test.each(seeds)('behind an Embedding, looked up or not: draw %i', (seed) => {
    const { hiddenSize, steps, batch, opts } = drawOptions(cell, seed);
    // plain layers look rows up where the table is small
    const own = seed % 2 ? opts : { numLayers: 2, bidirectional: seed % 4 === 0 };
    const F = 8;
    const T = steps + 3;
    const build = (vocabulary: number) => {
      const layer = make(cell, F, hiddenSize, own);
      const layers = [new Embedding(vocabulary, F), layer, new Linear(layer.outputSize(), 3)];
      return new Sequential(layers, { seed });
    };
    // the same rows in a table that is too large to be multiplied
    const [few, many] = [build(3), build(500)];
    const state = few.stateDict();
    const table = { data: new Float32Array(500 * F), shape: [500, F] };
    table.data.set(state['0.weight']!.data);
    many.loadStateDict({ ...state, '0.weight': table });
    const draw = new Draw(seed);
    const [x, y] = [draw.indices(3, T, batch), draw.indices(3, T, batch)];
    const lengths = Array.from({ length: batch }, () => draw.integer(1, T));
    for (const given of [{}, { lengths }]) {
      expectSameArray(few.forward(x, given), many.forward(x, given), 'output');
      const found = [few, many].map((model) => {
        const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new Adam({ lr: 0 }) });
        const { loss } = trainer.step(x, y, given);
        return { loss, gradients: model.gradients() };
      });
      const [a, b] = [found[0]!, found[1]!];
      expect(a.loss).toBe(b.loss);
      for (const [name, { data }] of Object.entries(a.gradients)) {
        const expected = b.gradients[name]!.data.subarray(0, data.length);
        expectClose(data, expected, opts.layerNorm && seed % 2 ? 1e-3 : 2e-5, name);
      }
    }
  });
});
