import { init, Linear, LSTM, NonFiniteError, Sequential } from 'unrolled';
import { WorkerTrainer, type WorkerTrainerOptions } from 'unrolled/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { Draw } from '../model/helpers.ts';

const described: WorkerTrainerOptions = { loss: 'mse', optimizer: { name: 'adam' }, kernels: 'simd' };
const draw = new Draw(1);
const [x, y] = [draw.features(1, 4, 2, 3), draw.features(1, 4, 2, 1)];
const bad = { data: x.data.map((v, i) => (i === 9 ? Number.NaN : v)), shape: x.shape };

function model(): Sequential {
  return new Sequential([new LSTM(3, 4), new Linear(4, 1)], { seed: 1 });
}

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (reason) {
    return reason;
  }
  return expect.fail('resolved');
}

describe('numbers that are not finite, in a worker', () => {
  beforeAll(() => init({ kernels: 'simd' }));

  test('the error keeps its class and what it carries; nothing has changed', async () => {
    await using trainer = await WorkerTrainer.create(model(), described);
    const before = await trainer.saveModel();
    const error = (await reasonOf(trainer.step(bad, y))) as NonFiniteError;
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error.step).toBe(0);
    const flow = (await reasonOf(trainer.step(bad, y, { flow: true }))) as NonFiniteError;
    expect(flow).toBeInstanceOf(NonFiniteError);
    expect(flow).toMatchObject({ step: 0, layer: 0, direction: 'forward', timeStep: 1, gate: 'i' });
    expect(await trainer.saveModel()).toEqual(before);
    expect((await trainer.step(x, y)).loss).toBeGreaterThan(0);
  });

  test('skip goes on, in a fit too', async () => {
    await using trainer = await WorkerTrainer.create(model(), { ...described, nonFinite: 'skip' });
    expect((await trainer.step(bad, y)).skipped).toBe(true);
    const batches = [bad, x, bad, x].map((input) => ({ x: input, y }));
    const { updates, skipped, loss } = await trainer.fit(batches);
    expect([updates, skipped]).toEqual([2, 2]);
    expect(loss).toBeGreaterThan(0);
    expect(trainer.steps).toBe(2);
  });
});
