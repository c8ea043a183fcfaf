import * as u from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';
import { Draw } from '../model/helpers.ts';
import { C, classifier, N, sequences, T, tagger, trainerOf } from './helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

/** Takes the number of rows and their sum, to see which rows a metric is given. */
function spy(name = 'spy') {
  const seen: { output: number[]; target: number[]; weights: number[] | undefined }[] = [];
  const metric: u.Metric = {
    name,
    mode: 'min',
    reset: () => seen.splice(0),
    update: (output, target, { weights }) =>
      seen.push({ output: [...output], target: [...target], weights: weights && Array.from(weights) }),
    result: () => seen.length,
  };
  return { metric, seen };
}

describe('validation', () => {
  test('its loss is that of all data at once, whatever the batches', async () => {
    const { x, y } = sequences(3);
    const lengths = Array.from({ length: N }, (_, i) => 1 + (i % T));
    const trainer = trainerOf();
    const whole = trainer.evaluate(x, y, { lengths }).loss;
    for (const batchSize of [1, 4, 7, 100]) {
      const { loss } = await trainer.validate({ x, y, lengths }, { batchSize });
      expect(loss).toBeCloseTo(whole, 6);
    }
    const { history } = await trainer.fit(sequences(), { validation: { x, y, lengths }, batchSize: 8 });
    expect(history[0]!.validationLoss).toBeCloseTo(trainer.evaluate(x, y, { lengths }).loss, 6);
  });

  test('changes nothing: training is the same to the bit without it', async () => {
    const [one, other] = [trainerOf(), trainerOf()];
    await one.fit(sequences(), { epochs: 2, batchSize: 8 });
    await other.fit(sequences(), {
      epochs: 2,
      batchSize: 8,
      validation: sequences(2),
      metrics: ['accuracy', { name: 'f1', average: 'none' }],
    });
    expect(other.save()).toEqual(one.save());
  });

  test('metrics see the steps that count: lengths, masks, ignored targets, weights, warm-up', async () => {
    const { x, y } = sequences(4, 3);
    const ignored = { data: y.data.map((v, i) => (i % 4 === 0 ? -100 : v)), shape: y.shape };
    const trainer = trainerOf();
    const outputs = trainer.model.forward(x).data;
    const rowsOf = (chosen: number[]) => chosen.map((i) => [...outputs.subarray(i * C, (i + 1) * C)]);
    const lengths = [2, T, 1];
    const within = (i: number) => Math.floor(i / 3) < lengths[i % 3]!;
    const all = Array.from({ length: 3 * T }, (_, i) => i);
    const mask = all.map((i) => i % 3 !== 1 || i > 6);
    const weights = all.map((i) => (i % 5) / 2);
    const cases: [object, number[], number[]?][] = [
      [{ x, y }, all],
      [{ x, y: ignored }, all.filter((i) => i % 4 !== 0)],
      [{ x, y, lengths }, all.filter(within)],
      [{ x, y: ignored, lengths }, all.filter((i) => within(i) && i % 4 !== 0)],
      [{ x, y, mask }, all.filter((i) => mask[i])],
      [{ x, y, weights }, all.filter((i) => weights[i]! > 0), weights.filter((w) => w > 0)],
      [{ x, y, options: { warmup: 2 } }, all.filter((i) => i >= 6)],
    ];
    for (const [batch, chosen, expected] of cases) {
      const { metric, seen } = spy();
      await trainer.validate([batch as never], { metrics: [metric] });
      const [{ output, target, weights: given }] = seen as [(typeof seen)[0]];
      // rows may come in another order with lengths
      const sorted = (list: number[][]) => list.map((row) => row.map((v) => v.toFixed(5)).join()).sort();
      const got = target.map((v, i) => [...output.slice(i * C, (i + 1) * C), v]);
      const masked = 'mask' in batch;
      if (masked) expect(target.length).toBe(chosen.length);
      else expect(sorted(got)).toEqual(sorted(rowsOf(chosen).map((row, k) => [...row, y.data[chosen[k]!]!])));
      expect(given).toEqual(expected);
    }
  });

  test('accuracy of a classifier is that of its outputs', async () => {
    const trainer = trainerOf(classifier());
    const { x } = sequences(5);
    const labels = Int32Array.from({ length: N }, (_, i) => i % C);
    const { data } = trainer.model.forward(x);
    const right = [...labels].filter((label, i) => {
      const row = [...data.subarray(i * C, (i + 1) * C)];
      return row.indexOf(Math.max(...row)) === label;
    }).length;
    const { metrics } = await trainer.validate({ x, y: labels }, { batchSize: 4, metrics: ['accuracy'] });
    expect(metrics.accuracy).toBeCloseTo(right / N, 12);
  });

  test('metrics by output of a Model, functions, and those of the caller', async () => {
    const a = u.input({ features: 2 });
    const { output, hN } = new u.GRU(2, 3).apply(a);
    const model = new u.Model({
      inputs: { a },
      outputs: { each: new u.Linear(3, 2).apply(output), one: new u.Linear(3, 2).apply(hN) },
    });
    const trainer = new u.Trainer(model, { loss: { each: 'mse', one: 'crossEntropy' }, optimizer: 'adam' });
    const draw = new Draw(1);
    const data = {
      x: { a: draw.features(1, T, N, 2) },
      y: { each: draw.features(1, T, N, 2), one: draw.indices(2, N) },
    };
    const meanOfOutput = (values: Float32Array) => values.reduce((sum, v) => sum + v, 0) / values.length;
    const { metrics } = await trainer.validate(data, {
      batchSize: 5,
      metrics: { each: ['rmse', meanOfOutput], one: ['accuracy'] },
    });
    expect(Object.keys(metrics)).toEqual(['each.rmse', 'each.meanOfOutput', 'one.accuracy']);
    const { each } = model.forward(data.x);
    const errors = each.data.map((v, i) => (v - data.y.each.data[i]!) ** 2);
    expect(metrics['each.rmse']).toBeCloseTo(Math.sqrt(meanOfOutput(errors)), 5);
    expect(metrics['each.meanOfOutput']).toBeCloseTo(meanOfOutput(each.data), 5);
  });

  test('with moving averages it is of these, which stay swapped out', async () => {
    const trainer = trainerOf(tagger(), { averages: 0.5 });
    const data = sequences(2);
    const { history } = await trainer.fit(sequences(), { batchSize: 8, validation: data });
    const plain = trainer.evaluate(data.x, data.y).loss;
    trainer.swapAverages();
    const averaged = trainer.evaluate(data.x, data.y).loss;
    expect(history[0]!.validationLoss).toBeCloseTo(averaged, 6);
    expect(Math.abs(averaged - plain)).toBeGreaterThan(1e-4);
  });

  test('carryState: from zeros, batch after batch', async () => {
    const trainer = trainerOf(tagger(), { carryState: true });
    const [a, b] = [sequences(1, 4), sequences(2, 4)];
    const expected = [a, b].map(({ x, y }) => trainer.evaluate(x, y, { carry: true }).loss);
    for (let i = 0; i < 2; i++) {
      const { loss } = await trainer.validate([a, b]);
      expect(loss).toBeCloseTo((expected[0]! + expected[1]!) / 2, 10);
    }
  });
});

/** Values of the monitored metric, one per epoch. */
function scripted(values: readonly number[], mode: 'min' | 'max' = 'min'): u.Metric {
  let at = -1;
  return { name: 'scripted', mode, reset: () => at++, update() {}, result: () => values[at]! };
}

describe('the best epoch', () => {
  const run = async (
    values: readonly number[],
    opts: u.FitOptions,
    mode?: 'min' | 'max',
    trainer = trainerOf(),
  ) => {
    const states: ReturnType<typeof trainer.model.stateDict>[] = [];
    const result = await trainer.fit(sequences(), {
      epochs: values.length,
      batchSize: 8,
      validation: sequences(2, 4),
      metrics: [scripted(values, mode)],
      monitor: 'scripted',
      onProgress: ({ record }) => {
        if (record) states.push(trainer.model.stateDict());
      },
      ...opts,
    });
    return { ...result, states, trainer };
  };

  test.each<[string, number[], u.FitOptions, 'min' | 'max' | undefined, [number, number, string]]>([
    ['patience', [5, 4, 4, 4.5, 3], { patience: 2 }, 'min', [4, 2, 'patience']],
    ['an improvement in time', [5, 4, 4, 3, 4, 4], { patience: 3 }, 'min', [6, 4, 'epochs']],
    ['of what is to rise', [1, 2, 2, 1, 9], { patience: 2 }, 'max', [4, 2, 'patience']],
    ['a mode of its own', [1, 2, 3, 4], { patience: 2, mode: 'min' }, 'max', [3, 1, 'patience']],
    ['a smallest change', [5, 4.9, 4.8, 4], { patience: 2, minDelta: 0.5 }, 'min', [3, 1, 'patience']],
    ['NaN is no improvement', [Number.NaN, 3, Number.NaN, 2], { patience: 2 }, 'min', [4, 4, 'epochs']],
  ])('%s', async (_, values, opts, mode, expected) => {
    const { history, bestEpoch, stopped } = await run(values, opts, mode);
    expect([history.length, bestEpoch, stopped]).toEqual(expected);
  });

  test('restoreBest brings its weights back, to the bit', async () => {
    const { states, trainer, bestEpoch } = await run([3, 1, 2, 4], { restoreBest: true });
    expect(bestEpoch).toBe(2);
    expect(trainer.model.stateDict()).toEqual(states[1]);
    expect(states[3]).not.toEqual(states[1]);
    const other = await run([3, 1, 2, 4], {});
    expect(other.trainer.model.stateDict()).toEqual(states[3]);
  });

  test('also those of buffers and averages', async () => {
    const model = new u.Sequential([new u.GRU(2, 4), new u.BatchNorm(4), new u.Linear(4, 1)], { seed: 1 });
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: 'adamw', averages: 0.9 });
    const draw = new Draw(7);
    const data = { x: draw.features(1, T, N, 2), y: draw.features(1, T, N, 1) };
    const kept: object[] = [];
    const both = () => {
      trainer.swapAverages();
      const averages = model.stateDict();
      trainer.swapAverages();
      return [model.stateDict(), averages];
    };
    // the fit refuses swapAverages: a copy made from its checkpoint
    const copies: Uint8Array<ArrayBuffer>[] = [];
    await trainer.fit(data, {
      epochs: 4,
      batchSize: 8,
      validation: data,
      metrics: [scripted([2, 1, 3, 4])],
      monitor: 'scripted',
      restoreBest: true,
      checkpoint: { save: (bytes) => copies.push(bytes) },
    });
    kept.push(both());
    trainer.restore(copies[1]!);
    expect(both()).toEqual(kept[0]);
    trainer.restore(copies[3]!);
    expect(both()).not.toEqual(kept[0]);
  });

  test('a plateau follows it, or the loss of training', async () => {
    const schedule = () => u.plateau({ patience: 0, factor: 0.5 });
    const { history } = await run([3, 3, 3], {}, 'min', trainerOf(tagger(), { schedule: schedule() }));
    expect(history.map(({ lr }) => lr)).toEqual([0.02, 0.02, 0.01]);
    const warm = trainerOf(tagger(), { schedule: u.warmup({ steps: 1, after: schedule() }) });
    expect((await run([3, 3, 3], {}, 'min', warm)).history.map(({ lr }) => lr)).toEqual([0.02, 0.02, 0.01]);
    const told: number[] = [];
    const spying = Object.assign(schedule(), { report: (metric: number) => told.push(metric) });
    const trained = await trainerOf(tagger(), { schedule: spying }).fit(sequences(), { epochs: 2 });
    expect(told).toEqual(trained.history.map(({ loss }) => loss));
  });
});

describe('progress', () => {
  test('tells steps, epochs and records', async () => {
    const told: [number, number, number, boolean][] = [];
    const records: u.EpochRecord[] = [];
    const { history } = await trainerOf().fit(sequences(), {
      epochs: 2,
      batchSize: 8,
      progressEvery: 1,
      onProgress: async ({ epoch, batch, batches, epochs, record, secondsLeft }) => {
        expect([epochs, batches]).toEqual([2, 3]);
        expect(secondsLeft).toBeGreaterThanOrEqual(0);
        told.push([epoch, batch, batches!, record !== undefined]);
        if (record) records.push(record);
      },
    });
    expect(told.map(([epoch, batch]) => [epoch, batch])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 1],
      [2, 2],
      [2, 3],
    ]);
    expect(told.map((it) => it[3])).toEqual([false, false, true, false, false, true]);
    expect(records).toEqual(history);
  });
});

describe('what is no option is refused by name, and nothing is done', () => {
  test.each<[string, object]>([
    ['epochs', { epochs: 0 }],
    ['batchSize', { batchSize: 0.5 }],
    ['seed', { seed: -1 }],
    ['shuffle', { shuffle: 1 }],
    ['patience', { patience: 0, validation: [] }],
    ['validation', { patience: 1 }],
    ['validation', { restoreBest: true }],
    ['validation', { metrics: ['accuracy'] }],
    ['validation', { validation: 3 }],
    ['metrics[0]', { metrics: ['acuracy'], validation: [] }],
    ['metrics[0]', { metrics: [() => 1], validation: [] }],
    ['metrics[1]', { metrics: ['accuracy', 'accuracy'], validation: [] }],
    ['metrics', { metrics: 'accuracy', validation: [] }],
    ['topK: n', { metrics: [{ name: 'topK', n: 3 }], validation: [] }],
    ['monitor', { monitor: 'accuracy', validation: [] }],
    ['mode', { mode: 'down' }],
    ['minDelta', { minDelta: -1 }],
    ['onProgress', { onProgress: 1 }],
    ['progressEvery', { progressEvery: 0 }],
    ['progress', { progress: 'bar' }],
    ['signal', { signal: {} }],
    ['checkpoint.save', { checkpoint: {} }],
    ['checkpoint.every', { checkpoint: { every: 0, save() {} } }],
    ['checkpoint: each', { checkpoint: { each: 1, save() {} } }],
    ['resume', { resume: 3 }],
    ['fit: epoch', { epoch: 3 }],
  ])('%s of %o', async (argument, opts) => {
    const trainer = trainerOf();
    const before = trainer.save();
    const promise = trainer.fit(sequences(), opts as u.FitOptions);
    if (argument === 'resume') await expect(promise).rejects.toThrow(/bytes|resume/);
    else await expect(promise).rejects.toMatchObject({ argument, name: 'ArgumentError' });
    expect(trainer.save()).toEqual(before);
  });

  test.each<[string, unknown]>([
    ['data', undefined],
    ['data', new Float32Array(3)],
    ['x[0]', { x: [1.5], y: [1] }],
    ['y', { x: sequences().x, y: sequences(1, 4).y }],
    ['data: z', { ...sequences(), z: 1 }],
    ['lengths', { ...sequences(), lengths: [1] }],
    ['batchSize', [{ x: [1, 2], y: 1 }]],
  ])('data: %s of %o', async (argument, data) => {
    await expect(trainerOf().fit(data as never)).rejects.toMatchObject({ argument });
  });

  test('metrics of ctc, and one that is no number', async () => {
    const model = new u.Sequential([new u.GRU(2, 3), new u.Linear(3, 3)]);
    const trainer = new u.Trainer(model, { loss: u.ctc(), optimizer: 'adam' });
    await expect(trainer.validate([], { metrics: ['accuracy'] })).rejects.toMatchObject({
      argument: 'metrics',
    });
    const own = trainerOf();
    const options = { validation: sequences(2), metrics: ['confusion'], monitor: 'confusion' } as const;
    await expect(own.fit(sequences(), options)).rejects.toMatchObject({ argument: 'monitor' });
  });
});

describe('functions of the caller that throw', () => {
  const fail = () => {
    throw new RangeError('no more');
  };
  test.each<[string, u.FitOptions, number]>([
    ['onProgress', { onProgress: fail, progressEvery: 2 }, 2],
    ['onProgress, later', { onProgress: async () => fail(), progressEvery: 2 }, 2],
    ['checkpoint', { checkpoint: { every: 2, save: fail } }, 2],
    ['a metric', { validation: sequences(2), metrics: [Object.assign(scripted([1]), { update: fail })] }, 3],
    [
      'a function as metric',
      {
        validation: sequences(2),
        metrics: [
          function own() {
            return fail();
          },
        ],
      },
      3,
    ],
  ])('%s: the trainer stays after the last step', async (_, opts, steps) => {
    const [trainer, hand] = [trainerOf(tagger(), { averages: 0.9 }), trainerOf(tagger(), { averages: 0.9 })];
    await expect(trainer.fit(sequences(), { batchSize: 8, ...opts })).rejects.toThrow(RangeError);
    expect(trainer.steps).toBe(steps);
    await hand.fit(sequences(), { batchSize: 8, ...stopAfter(steps) });
    expect(trainer.save()).toEqual(hand.save());
    expect((await trainer.fit(sequences())).updates).toBe(1);
  });

  test('while a fit is running what would disturb it is refused', async () => {
    const trainer = trainerOf();
    const { x, y } = sequences();
    const file = trainer.save();
    const running = trainer.fit({ x, y }, { epochs: 50, batchSize: 1 });
    for (const call of [
      () => trainer.step(x, y),
      () => trainer.gradients(x, y),
      () => trainer.resetState(),
      () => trainer.restore(file),
    ])
      expect(call).toThrow(/fit is already running/);
    await expect(trainer.fit({ x, y })).rejects.toThrow(/fit is already running/);
    expect(trainer.evaluate(x, y).loss).toBeGreaterThan(0);
    await running;
    expect(trainer.step(x, y).loss).toBeGreaterThan(0);
  });

  test('a signal returns what was reached, also in the middle of an epoch', async () => {
    const trainer = trainerOf(new u.Sequential([new u.GRU(1, 2), new u.LastStep(), new u.Linear(2, 1)]), {
      loss: 'mse',
    });
    const draw = new Draw(1);
    const data = { x: draw.features(1, T, N, 1), y: draw.features(1, 1, N, 1) };
    const result = await trainer.fit(data, { epochs: 9, batchSize: 8, ...stopAfter(5) });
    expect(result).toMatchObject({ stopped: 'aborted', updates: 5 });
    expect(result.history.map(({ epoch }) => epoch)).toEqual([1]);
    const never = await trainer.fit(data, { signal: AbortSignal.abort() });
    expect(never).toMatchObject({ stopped: 'aborted', updates: 0, history: [] });
  });
});

function stopAfter(steps: number): u.FitOptions {
  const stop = new AbortController();
  let made = 0;
  return {
    signal: stop.signal,
    progressEvery: 1,
    onProgress: ({ losses }) => {
      made += losses.length;
      if (made >= steps) stop.abort();
    },
  };
}
