import { Adam, crossEntropy, Sequential, StateError, Trainer, type TrainerOptions } from 'unrolled';
import { WorkerTrainer, type WorkerTrainerOptions } from 'unrolled/worker';
import { afterEach, expect, test } from 'vitest';
import { B, batch, language, rejection, run, T } from './helpers.ts';

const open: WorkerTrainer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((trainer) => trainer.terminate()));
});

/** The same training in a worker and inline. */
async function both(
  opts: Omit<TrainerOptions & WorkerTrainerOptions, 'loss' | 'optimizer' | 'schedule'>,
): Promise<[WorkerTrainer, Trainer]> {
  const there = await WorkerTrainer.create(await language(), {
    loss: { name: 'crossEntropy', labelSmoothing: 0.1 },
    optimizer: { name: 'adam', lr: 0.02 },
    kernels: 'simd',
    ...opts,
  });
  open.push(there);
  const here = new Trainer(await language(), {
    loss: crossEntropy({ labelSmoothing: 0.1 }),
    optimizer: new Adam({ lr: 0.02 }),
    ...opts,
  });
  return [there, here];
}

test('frozen parameters, groups, accumulated steps, averages and their checkpoints are those of one inline', async () => {
  const [there, here] = await both({
    frozen: [/^0\./, '2'],
    groups: [{ match: /^[34]\..*bias/, lr: 0.1, weightDecay: 0 }],
    accumulate: 2,
    averages: 0.9,
    warmup: 1,
  });
  expect(await run(there, 0, 5)).toEqual(await run(here, 0, 5));
  expect(there.steps).toBe(2);
  expect(await there.save()).toEqual(here.save());
  await there.swapAverages();
  here.swapAverages();
  expect(await there.saveModel()).toEqual(here.model.save());
  const { x, y } = batch(9);
  expect(await there.evaluate(x, y)).toEqual(here.evaluate(x, y));
  expect(await rejection(there.step(x, y))).toBeInstanceOf(StateError);
});

test('weights, states, rows that are reset, evaluations that carry', async () => {
  const [there, here] = await both({ carryState: true });
  const { x, y } = batch(1);
  const opts = { weights: Float32Array.from({ length: T * B }, (_, i) => i % 3), warmup: 1 };
  expect(await there.step(x, y, opts)).toEqual(here.step(x, y, opts));
  await there.resetState([1]);
  here.resetState([1]);
  const states = { '2.h_l0': new Float32Array(B * 6).fill(0.5) };
  expect(await there.step(x, y, { states })).toEqual(here.step(x, y, { states }));
  for (let i = 0; i < 2; i++)
    expect(await there.evaluate(x, y, { carry: true })).toEqual(here.evaluate(x, y, { carry: true }));
});

test('gradients of two workers, combined, make the update of both', async () => {
  const [there, here] = await both({});
  const [a, b] = [batch(1), batch(2)];
  const [one, two] = [await there.gradients(a.x, a.y), here.gradients(b.x, b.y)];
  const mean = one.gradients.map((g, i) => (g + two.gradients[i]!) / 2);
  expect(await there.apply(mean)).toEqual(here.apply(mean));
  expect(Sequential.load(await there.saveModel()).stateDict()).toEqual(here.model.stateDict());
  expect(there.steps).toBe(1);
});

test('fit on a corpus counts updates, each of several batches', async () => {
  const [there] = await both({ accumulate: 3 });
  const data = Int32Array.from({ length: 200 }, (_, i) => (i * i) % 7);
  const result = await there.fit({ data, stepsPerSequence: T, batch: B, updates: 4 });
  expect(result.updates).toBe(4);
  expect(there.steps).toBe(4);
});

test('a plateau of the metric that is reported', async () => {
  const schedule = { patience: 0, factor: 0.5 };
  const there = await WorkerTrainer.create(await language(), {
    loss: 'crossEntropy',
    optimizer: { name: 'adamax', lr: 0.02 },
    schedule: { name: 'plateau', ...schedule },
    kernels: 'simd',
  });
  open.push(there);
  const { x, y } = batch(1);
  for (const metric of [1, 2, 2]) await there.report(metric);
  expect((await there.step(x, y)).lr).toBe(0.005);
});
