import * as u from 'unrolled';
import { WorkerTrainer, type WorkerTrainerOptions } from 'unrolled/worker';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { expectWords } from '../errors.ts';
import { Draw } from '../model/helpers.ts';
import { rejection } from './helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const open: WorkerTrainer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((trainer) => trainer.terminate()));
});

const [S, T, B, V, W] = [6, 4, 3, 7, 5];

/** An encoder and a decoder with attention, and a second output: a vector of the encoder. */
function translator() {
  const source = u.input({ indices: W });
  const target = u.input({ indices: V });
  const encoder = new u.GRU(4, 6).apply(new u.Embedding(W, 4).apply(source));
  const decoder = new u.GRU(4, 6).apply(new u.Embedding(V, 4).apply(target), { h0: encoder.hN });
  const context = new u.Attention().apply(decoder.output, encoder.output);
  const next = new u.Linear(12, V).apply(new u.Concat().apply(decoder.output, context));
  const code = new u.Linear(6, 2).apply(new u.BatchNorm(6).apply(encoder.hN));
  return new u.Model({ inputs: { source, target }, outputs: { next, code } }, { seed: 1 });
}

const batch = (seed: number) => {
  const draw = new Draw(seed);
  const x = { source: draw.indices(W, S, B), target: draw.indices(V, T, B) };
  return { x, y: { next: draw.indices(V, T, B), code: draw.features(1, B, 2) } };
};

const lengths = { source: [2, 6, 5], target: [4, 1, 3] };

const described: WorkerTrainerOptions = {
  loss: { next: 'crossEntropy', code: { name: 'mse' } },
  lossWeights: { code: 0.5 },
  optimizer: { name: 'adamw', lr: 0.01 },
  averages: 0.9,
  kernels: 'simd',
};

async function create(
  model: u.Model | Uint8Array,
  opts: Partial<WorkerTrainerOptions> = {},
): Promise<WorkerTrainer> {
  const trainer = await WorkerTrainer.create(model, { ...described, ...opts });
  open.push(trainer);
  return trainer;
}

const inline = () =>
  new u.Trainer(translator(), {
    loss: { next: u.crossEntropy, code: u.mse },
    lossWeights: { code: 0.5 },
    optimizer: new u.AdamW({ lr: 0.01 }),
    averages: 0.9,
  });

test.each(['a model', 'its file'])('a graph trains in a worker as inline, to the bit: %s', async (kind) => {
  const model = translator();
  const [there, here] = [await create(kind === 'a model' ? model : model.save()), inline()];
  for (let i = 0; i < 3; i++) {
    const { x, y } = batch(i);
    expect(await there.step(x, y, { lengths })).toEqual(here.step(x, y, { lengths }));
  }
  const { x, y } = batch(9);
  expect(await there.evaluate(x, y, { lengths })).toEqual(here.evaluate(x, y, { lengths }));
  expect(await there.gradients(x, y)).toEqual(here.gradients(x, y));
  const file = await there.save({ note: 'a' });
  expect(file).toEqual(here.save({ note: 'a' }));
  expect(u.Model.load(await there.saveModel()).stateDict()).toEqual(here.model.stateDict());
  const again = await create(file);
  await again.restore(file);
  expect(await again.step(x, y)).toEqual(here.step(x, y));
});

test('batches that are sent, with lengths of their own', async () => {
  const [there, here] = [await create(translator()), inline()];
  const batches = [0, 1, 2, 3].map((i) => (i % 2 ? { ...batch(i), options: { lengths } } : batch(i)));
  let speed = 0;
  const onProgress = ({ tokensPerSecond }: { tokensPerSecond: number }) => {
    speed = tokensPerSecond;
  };
  const { updates, loss } = await there.fit(batches, { onProgress, progressEvery: 1 });
  const losses = batches.map(
    ({ x, y, ...rest }) => here.step(x, y, 'options' in rest ? rest.options : {}).loss,
  );
  expect(updates).toBe(4);
  expect(loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 4, 12);
  expect(speed).toBeGreaterThan(0);
  expect(await there.save()).toEqual(here.save());
});

test('a graph with one input and one output takes one loss and a corpus', async () => {
  const make = () => {
    const x = u.input({ indices: V });
    return new u.Model({
      inputs: x,
      outputs: new u.Linear(5, V).apply(new u.LSTM(4, 5).apply(new u.Embedding(V, 4).apply(x))),
    });
  };
  const there = await create(make(), { loss: 'crossEntropy', lossWeights: undefined });
  const { data } = new Draw(2).indices(V, 40);
  expect((await there.fit({ data, stepsPerSequence: T, batch: B, updates: 3 })).updates).toBe(3);
  expect((await there.sample({ prompt: [1], length: 4 })).indices.length).toBe(4);
});

test('losses, inputs and lengths that do not fit are named', async () => {
  const refused: readonly [Partial<WorkerTrainerOptions>, string, string][] = [
    [{ loss: 'crossEntropy', lossWeights: undefined }, 'loss', 'next'],
    [{ loss: { next: 'crossEntropy' } }, 'loss.code', 'code'],
    [{ loss: { next: 'crossEntropi' as 'crossEntropy', code: 'mse' } }, 'loss.next.name', 'crossEntropy'],
    [{ loss: { next: u.crossEntropy as never, code: 'mse' } }, 'loss', 'crossEntropy'],
  ];
  for (const [opts, ...words] of refused) {
    const error = await rejection(create(translator(), opts));
    expect(error).toBeInstanceOf(u.ArgumentError);
    expectWords(error, words);
  }
  const there = await create(translator());
  const { x, y } = batch(1);
  expectWords(await rejection(there.step({ source: x.source }, y)), ['x.target', 'target']);
  expectWords(await rejection(there.step(x, y, { lengths: { source: [7, 1, 1] } })), [
    'lengths.source[0]',
    '7',
  ]);
  expectWords(await rejection(there.sample({ prompt: [1], length: 2 })), ['model', 'one input', '2']);
  expect(await there.step(x, y)).toEqual(inline().step(x, y));
});
