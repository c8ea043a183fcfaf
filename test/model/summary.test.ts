import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectThrows } from '../errors.ts';

beforeAll(() => u.init());

const layers = () => [
  new u.Embedding(5, 3),
  new u.LSTM(3, 4),
  new u.Dropout(0.2),
  new u.LastStep(),
  new u.Linear(4, 5),
];
const summary = {
  type: 'Sequential',
  parameterCount: 15 + 4 * 4 * (3 + 4 + 2) + 25,
  layers: [
    { type: 'Embedding', numEmbeddings: 5, embeddingDim: 3 },
    expect.objectContaining({ type: 'LSTM', inputSize: 3, hiddenSize: 4 }),
    { type: 'Dropout', p: 0.2 },
    { type: 'LastStep' },
    { type: 'Linear', inFeatures: 4, outFeatures: 5, bias: true },
  ],
};

/** What `util.inspect` and `console.log` of Node call. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const shown = (value: object) => (value as { [INSPECT](): object })[INSPECT]();

describe('JSON.stringify and console.log give a summary', () => {
  test('of a model, with a trainer, disposed too', () => {
    const model = new u.Sequential(layers());
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.AdamW({ lr: 0.5 }) });
    expect(JSON.parse(JSON.stringify(model))).toEqual(summary);
    expect(shown(model)).toEqual(summary);
    const ofTrainer = {
      type: 'Trainer',
      model: summary,
      loss: 'crossEntropy',
      optimizer: { name: 'adamw', lr: 0.5, steps: 0 },
    };
    expect(JSON.parse(JSON.stringify({ trainer }))).toEqual({ trainer: ofTrainer });
    expect(shown(trainer)).toEqual(ofTrainer);
    model.dispose();
    expect(JSON.parse(JSON.stringify(model))).toEqual(summary);
  });

  test('of streams, pools, sessions and cells', () => {
    const model = new u.Sequential(layers());
    const pool = model.streams({ capacity: 3 });
    const session = pool.open();
    const all = [model.stream({ batch: 2 }), pool, session, new u.LSTMCell(2, 3)];
    expect(JSON.parse(JSON.stringify(all))).toEqual([
      { type: 'Stream', batch: 2, block: 1 },
      { type: 'StreamPool', capacity: 3, size: 1 },
      { type: 'StreamSession', open: true },
      { type: 'LSTMCell', inputSize: 2, hiddenSize: 3, bias: true },
    ]);
    for (const value of all) expect(shown(value)).toEqual(JSON.parse(JSON.stringify(value)));
  });

  test.runIf(typeof document === 'undefined')('of Node’s util.inspect, short', async () => {
    const { inspect } = await import('node:util');
    const model = new u.Sequential(layers());
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.AdamW() });
    for (const value of [model, trainer, model.layers[1]!]) {
      expect(inspect(value)).toContain("type: '");
      expect(inspect(value).length).toBeLessThan(1000);
    }
  });
});

test('a disposed model takes no trainer, even where it had one', () => {
  const make = () => ({ loss: u.crossEntropy, optimizer: new u.AdamW() });
  for (const trained of [false, true]) {
    const model = new u.Sequential(layers());
    if (trained) new u.Trainer(model, make());
    model.dispose();
    expectThrows(() => new u.Trainer(model, make()), ['disposed'], u.MemoryError);
  }
});
