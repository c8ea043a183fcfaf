import { init, Linear, Sequential } from 'unrolled';
import { WorkerTrainer, type WorkerTrainerOptions } from 'unrolled/worker';
import { describe, expect, test } from 'vitest';

describe('an option nobody knows is refused in a worker, too', () => {
  const model = async () => {
    await init();
    return new Sequential([new Linear(1, 1)]);
  };
  const sgd = { name: 'sgd', lr: 1 } as const;

  test.each([
    [{ loss: { name: 'mse', reduction: 'sum' }, optimizer: sgd }, 'reduction'],
    [{ loss: { name: 'bceWithLogits', reduction: 'sum' }, optimizer: sgd }, 'reduction'],
    [{ loss: 'mse', optimizer: { ...sgd, fused: true } }, 'fused'],
    [{ loss: 'mse', optimizer: sgd, schedule: { name: 'stepLR', stepSize: 1, lastEpoch: 1 } }, 'lastEpoch'],
    [{ loss: 'mse', optimizer: sgd, clip: 1 }, 'clip'],
  ])('%o', async (options, name) => {
    await expect(WorkerTrainer.create(await model(), options as never)).rejects.toThrow(name);
  });

  test('of losses, optimizers and schedules it is an error of types, too', async () => {
    const others: Pick<WorkerTrainerOptions, 'loss' | 'optimizer'> = {
      loss: { exposed: 'mine', of: 'its own' },
      optimizer: { exposed: 'mine', of: 'its own' },
    };
    const misspelt: WorkerTrainerOptions[] = [
      // @ts-expect-error ignoreIndex
      { ...others, loss: { name: 'crossEntropy', ignoreIdx: 0 } },
      // @ts-expect-error lr
      { loss: { next: 'mse', sum: { exposed: 'mine' } }, optimizer: { name: 'adam', lrr: 1e-3 } },
      // @ts-expect-error steps
      { ...others, schedule: { name: 'cosineLR', steps: 3, stepz: 2 } },
      // @ts-expect-error lr is needed
      { loss: 'mse', optimizer: 'sgd' },
      // @ts-expect-error quantiles are needed
      { loss: 'pinball', optimizer: 'adam' },
    ];
    for (const options of misspelt)
      await expect(WorkerTrainer.create(await model(), options)).rejects.toThrow();
  });

  test('how it is made', async () => {
    const made = WorkerTrainer.create(await model(), { loss: 'mse', optimizer: sgd }, {
      nonsense: 1,
    } as never);
    await expect(made).rejects.toThrow('nonsense');
  });
});
