import { crossEntropy, type FitOptions, Trainer, type TrainerOptions } from 'unrolled';
import {
  type FitData,
  type WorkerFitOptions,
  WorkerTrainer,
  type WorkerTrainerOptions,
} from 'unrolled/worker';
import { afterEach, describe, expect, test } from 'vitest';
import { Draw } from '../model/helpers.ts';
import { B, batch, language, ownWorker, rejection, soon, T, V } from './helpers.ts';

const open: WorkerTrainer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((trainer) => trainer.terminate()));
});

const N = 14;
const draw = new Draw(2);
const tokens = draw.indices(V, T, N);
const data = { x: tokens, y: { data: tokens.data.map((v) => (v + 1) % V), shape: [T, N] } };
const held = { x: draw.indices(V, T, 6), y: draw.indices(V, T, 6) };

type Opts = Partial<Omit<TrainerOptions & WorkerTrainerOptions, 'loss' | 'optimizer' | 'schedule'>>;

async function start(opts: Opts = {}, worker?: typeof ownWorker): Promise<WorkerTrainer> {
  const described = { loss: 'crossEntropy', optimizer: 'adamw', kernels: 'simd' } as const;
  const trainer = await WorkerTrainer.create(await language(), { ...described, ...opts }, { worker });
  open.push(trainer);
  return trainer;
}

const inline = async (opts: Opts = {}) =>
  new Trainer(await language(), { loss: crossEntropy, optimizer: 'adamw', ...opts });

const timeless = ({ history, seconds: _, ...rest }: Awaited<ReturnType<Trainer['fit']>>) => ({
  ...rest,
  history: history.map(({ seconds, ...record }) => record),
});

const options = {
  epochs: 3,
  batchSize: 4,
  seed: 2,
  validation: held,
  metrics: ['accuracy', { name: 'topK', k: 2 }],
  patience: 2,
  restoreBest: true,
} satisfies WorkerFitOptions & FitOptions;

describe('fit in a worker is that of Trainer, to the bit', () => {
  const batches = [0, 1, 2].map((i) => batch(i));
  test.each<[string, () => FitData, WorkerFitOptions & FitOptions]>([
    ['arrays', () => data, options],
    [
      'examples',
      () =>
        Array.from({ length: 9 }, (_, i) => ({
          x: [...tokens.data.slice(i, i + 2 + (i % 3))],
          y: [...tokens.data.slice(i, i + 2 + (i % 3))],
        })),
      { batchSize: 4, epochs: 2 },
    ],
    ['a list of batches', () => batches, { ...options, validation: [batch(5)], batchSize: undefined }],
    [
      'a function',
      () => (epoch) => [batch(epoch), batch(epoch + 1)].values(),
      { ...options, validation: () => [batch(5)].values() },
    ],
    [
      'a text',
      () => ({ data: tokens.data, stepsPerSequence: T, batch: B, updates: 4 }),
      { epochs: 2, validation: held },
    ],
  ])('%s', async (_, make, opts) => {
    const [there, here] = [await start({ averages: 0.9 }), await inline({ averages: 0.9 })];
    const [got, expected] = [await soon(there.fit(make(), opts)), await here.fit(make(), opts)];
    expect(timeless(got)).toEqual(timeless(expected));
    expect(await there.save()).toEqual(here.save());
    expect(await there.validate(held, { metrics: ['f1'] })).toEqual(
      await here.validate(held, { metrics: ['f1'] }),
    );
    const several = () => [batch(1), batch(2)].values();
    expect(await there.validate(several())).toEqual(await here.validate(several()));
  });

  test('a checkpoint of one goes on in the other', async () => {
    const files: Uint8Array<ArrayBuffer>[] = [];
    const there = await start();
    const whole = await there.fit(data, {
      ...options,
      checkpoint: { every: 3, save: (bytes) => files.push(bytes) },
    });
    expect(files.length).toBe(4);
    const here = await inline();
    expect(timeless(await here.fit(data, { ...options, resume: files[1]! })).history).toEqual(
      timeless(whole).history,
    );
    expect(here.save()).toEqual(await there.save());
    const again = await start();
    const resume = files[0]!;
    const rest = await again.fit(structuredClone(data), {
      ...options,
      resume,
      transfer: true,
      validation: structuredClone(held),
    });
    expect(timeless(rest).history).toEqual(timeless(whole).history);
    expect(resume.length).toBeGreaterThan(0);
  });

  test('a metric that the script of the worker exposes', async () => {
    const trainer = await start({}, ownWorker);
    const { metrics } = await trainer.validate(held, {
      metrics: ['accuracy', { exposed: 'rows', scale: 2 }],
    });
    expect(metrics.rows).toBe(2 * T * 6);
    const unknown = await rejection(trainer.validate(held, { metrics: [{ exposed: 'columns' }] }));
    expect(unknown).toMatchObject({ argument: 'metrics[0].exposed' });
  });
});

describe('what goes wrong in a worker', () => {
  test('metrics that are functions, data that throw, a checkpoint that fails', async () => {
    const trainer = await start();
    const own = await rejection(trainer.fit(data, { validation: held, metrics: [(() => 1) as never] }));
    expect(own).toMatchObject({ argument: 'metrics[0]' });
    function* failing() {
      yield batch(0);
      throw new RangeError('no more');
    }
    expect(await rejection(soon(trainer.validate(failing())))).toBeInstanceOf(RangeError);
    const validation = () => failing();
    expect(await rejection(soon(trainer.fit(data, { ...options, validation })))).toBeInstanceOf(RangeError);
    const save = () => {
      throw new RangeError('disk full');
    };
    const full = await rejection(soon(trainer.fit(data, { ...options, checkpoint: { save } })));
    expect(full.message).toBe('disk full');
    const late = async () => {
      throw new RangeError('late');
    };
    expect((await rejection(soon(trainer.fit(data, { ...options, onProgress: late })))).message).toBe('late');
    expect((await trainer.fit(data, options)).history.length).toBe(3);
  });

  test.each<[string, object]>([
    ['epochs', { epochs: 0 }],
    ['validation', { patience: 1 }],
    ['metrics[0]', { metrics: ['acuracy'], validation: held }],
    ['fit: epoch', { epoch: 3 }],
    ['checkpoint.save', { checkpoint: { every: 2 } }],
  ])('%s is refused', async (argument, opts) => {
    const trainer = await start();
    expect(await rejection(trainer.fit(data, opts))).toMatchObject({ argument, name: 'ArgumentError' });
    expect((await trainer.fit(data)).updates).toBe(1);
  });
});
