import * as u from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';
import { killedAfter, sequences, tagger, trainerOf } from './helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

/** All that a run leaves, but for times. */
function outcome(trainer: u.Trainer, { history, bestEpoch, stopped }: Awaited<ReturnType<u.Trainer['fit']>>) {
  return {
    file: trainer.save(),
    history: history.map(({ seconds, ...record }) => record),
    bestEpoch,
    stopped,
  };
}

const options: u.FitOptions = {
  epochs: 4,
  batchSize: 6,
  seed: 3,
  validation: sequences(2, 6),
  metrics: ['accuracy'],
  patience: 3,
  restoreBest: true,
};

const settings: [string, () => Partial<u.TrainerOptions>, u.FitOptions][] = [
  ['shuffled, with dropout', () => ({}), {}],
  [
    'with averages, a plateau and accumulated steps',
    () => ({
      averages: 0.9,
      accumulate: 3,
      schedule: u.plateau({ patience: 0, factor: 0.5 }),
    }),
    {},
  ],
  [
    'with a plateau after a warm-up',
    () => ({ schedule: u.warmup({ steps: 3, after: u.plateau({ patience: 0, factor: 0.5 }) }) }),
    {},
  ],
  ['with carried states', () => ({ carryState: true }), { batchSize: 11, validation: sequences(2, 11) }],
];

describe.each(settings)('a fit over arrays that is killed %s', (_, trainerOptions, own) => {
  test.each([1, 2, 4, 5, 9])('after %i steps goes on to the same bits', async (steps) => {
    const opts = { ...options, ...own };
    const make = () => trainerOf(tagger(), trainerOptions());
    const whole = make();
    const expected = outcome(whole, await whole.fit(sequences(), opts));
    const { options: kill, last } = killedAfter(steps, 1);
    const result = await make().fit(sequences(), { ...opts, ...kill });
    if (result.stopped !== 'aborted') return;
    const resumed = make();
    const rest = await resumed.fit(sequences(), { ...opts, resume: last()! });
    expect(outcome(resumed, rest)).toEqual(expected);
  });
});

test('checkpoints at the end of each epoch, by default', async () => {
  const files: Uint8Array<ArrayBuffer>[] = [];
  const trainer = trainerOf();
  const opts = { ...options, patience: undefined };
  const expected = outcome(
    trainer,
    await trainer.fit(sequences(), { ...opts, checkpoint: { save: async (bytes) => files.push(bytes) } }),
  );
  expect(files.length).toBe(4);
  for (const resume of files) {
    const other = trainerOf(tagger(9));
    const rest = await other.fit(sequences(), { ...opts, resume });
    expect(outcome(other, rest)).toEqual(expected);
    expect(rest.history.length).toBe(4);
  }
});

test('over iterables from the start of an epoch', async () => {
  const data: u.FitData = (epoch) => [0, 1, 2].map((i) => sequences(10 * epoch + i, 4));
  const opts = { epochs: 3, validation: [sequences(2, 4)], restoreBest: true };
  const whole = trainerOf();
  const expected = outcome(whole, await whole.fit(data, opts));
  const { options: kill, last } = killedAfter(7, undefined);
  await trainerOf().fit(data, { ...opts, ...kill });
  const resumed = trainerOf();
  expect(outcome(resumed, await resumed.fit(data, { ...opts, resume: last()! }))).toEqual(expected);
  // a checkpoint of the middle: the epoch begins again
  const middle = killedAfter(5, 1);
  await trainerOf().fit(data, { ...opts, ...middle.options });
  const again = trainerOf();
  const { history, updates } = await again.fit(data, { ...opts, resume: middle.last()! });
  expect(updates).toBe(6);
  expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
});

test('one of where a signal stopped it goes on to the same bits', async () => {
  const whole = trainerOf();
  const expected = outcome(whole, await whole.fit(sequences(), options));
  for (const every of [undefined, 2]) {
    const stop = new AbortController();
    const files: Uint8Array<ArrayBuffer>[] = [];
    const { stopped, updates } = await trainerOf().fit(sequences(), {
      ...{ ...options, signal: stop.signal, progressEvery: 1 },
      checkpoint: { every, save: (bytes) => files.push(bytes) },
      onProgress: ({ step }) => step === 5 && stop.abort(),
    });
    expect([stopped, updates]).toEqual(['aborted', 5]);
    const resumed = trainerOf();
    const rest = await resumed.fit(sequences(), { ...options, resume: files.at(-1)! });
    expect(outcome(resumed, rest)).toEqual(expected);
    expect(rest.updates).toBe(whole.steps - 5);
  }
});

test('no second one where nothing was done since the last one', async () => {
  for (const [at, every, expected] of [
    [0, 1, []],
    [4, 2, [2, 4]],
  ] as const) {
    const stop = new AbortController();
    if (at === 0) stop.abort();
    const steps: number[] = [];
    const trainer = trainerOf();
    await trainer.fit(sequences(), {
      ...{ ...options, signal: stop.signal, progressEvery: 1 },
      checkpoint: { every, save: () => steps.push(trainer.steps) },
      onProgress: ({ step }) => step === at && stop.abort(),
    });
    expect(steps).toEqual(expected);
  }
});

test('over iterables it is that of the last epoch', async () => {
  const stop = new AbortController();
  const files: Uint8Array<ArrayBuffer>[] = [];
  await trainerOf().fit(() => [1, 2, 3].map((i) => sequences(i, 4)), {
    ...{ epochs: 3, signal: stop.signal, progressEvery: 1 },
    checkpoint: { save: (bytes) => files.push(bytes) },
    onProgress: ({ step }) => step === 5 && stop.abort(),
  });
  const trainer = trainerOf();
  expect(files.map((bytes) => [trainer.restore(bytes), trainer.steps])).toEqual([[undefined, 3]]);
});

test('over a text, in the middle', async () => {
  const data = Int32Array.from({ length: 101 }, (_, i) => (i * i) % 3);
  const corpus = { data, stepsPerSequence: 5, batch: 2, updates: 6 };
  const make = () => trainerOf(tagger(), { carryState: true });
  const whole = make();
  const expected = outcome(whole, await whole.fit(corpus, { epochs: 3 }));
  const { options: kill, last } = killedAfter(8, 1);
  await make().fit(corpus, { epochs: 3, ...kill });
  const resumed = make();
  expect(outcome(resumed, await resumed.fit(corpus, { epochs: 3, resume: last()! }))).toEqual(expected);
});

describe('a checkpoint of fit', () => {
  const checkpoint = async () => {
    const { options: kill, last } = killedAfter(5, 1);
    const trainer = trainerOf();
    await trainer.fit(sequences(), { ...options, ...kill });
    return last()!;
  };

  test('is one of the trainer, and a model, too', async () => {
    const file = await checkpoint();
    const trainer = trainerOf(tagger(3));
    trainer.restore(file);
    expect(trainer.steps).toBe(5);
    expect(u.Sequential.load(file).stateDict()).toEqual(trainer.model.stateDict());
  });

  test('save during a fit gives one', async () => {
    const trainer = trainerOf();
    let file: Uint8Array<ArrayBuffer> | undefined;
    const opts = { ...options, progressEvery: 1 };
    const expected = outcome(
      trainer,
      await trainer.fit(sequences(), {
        ...opts,
        onProgress: ({ step }) => {
          if (step === 6) file = trainer.save();
        },
      }),
    );
    const other = trainerOf();
    expect(outcome(other, await other.fit(sequences(), { ...opts, resume: file! }))).toEqual(expected);
  });

  test('with other data or options is refused, and nothing changes', async () => {
    const file = await checkpoint();
    const trainer = trainerOf(tagger(4));
    const before = trainer.save();
    const refused: [string, u.FitOptions, u.FitData?][] = [
      ['seed', { seed: 4 }],
      ['seed', { shuffle: false }],
      ['restoreBest', { restoreBest: false }],
      ['batchSize', { batchSize: 5 }],
      ['data', {}, sequences(1, 60)],
    ];
    for (const [argument, opts, data = sequences()] of refused) {
      const promise = trainer.fit(data, { ...options, ...opts, resume: file });
      await expect(promise).rejects.toMatchObject({ argument });
    }
    for (const resume of [null, 5, [1], {}] as never[])
      await expect(trainer.fit(sequences(), { ...options, resume })).rejects.toMatchObject({
        argument: 'resume',
      });
    await expect(trainer.fit(sequences(), { ...options, resume: trainer.save() })).rejects.toThrow(
      /expected a checkpoint of fit, got a file without one, for restore or load/,
    );
    for (const resume of [trainer.save(), new Uint8Array(20), file.slice(0, -4)])
      await expect(trainer.fit(sequences(), { ...options, resume })).rejects.toThrow(u.FormatError);
    const larger = trainerOf(tagger(4), { averages: 0.5 });
    await expect(larger.fit(sequences(), { ...options, resume: file })).rejects.toThrow(u.FormatError);
    expect(trainer.save()).toEqual(before);
    expect((await trainer.fit(sequences(), options)).history.length).toBeGreaterThan(0);
  });

  test('after which patience was exhausted ends at once', async () => {
    const files: Uint8Array<ArrayBuffer>[] = [];
    const never = { name: 'never', reset() {}, update() {}, result: () => 1 };
    const opts: u.FitOptions = { ...options, metrics: [never], monitor: 'never', patience: 2 };
    const trainer = trainerOf();
    const expected = outcome(
      trainer,
      await trainer.fit(sequences(), { ...opts, checkpoint: { save: (bytes) => files.push(bytes) } }),
    );
    expect(expected.stopped).toBe('patience');
    const other = trainerOf();
    const rest = await other.fit(sequences(), { ...opts, resume: files.at(-1)! });
    expect(rest.updates).toBe(0);
    expect(outcome(other, rest)).toEqual(expected);
  });
});
