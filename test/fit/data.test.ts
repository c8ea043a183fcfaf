import * as u from 'unrolled';
import { batches, Lanes, windows } from 'unrolled/data';
import { beforeAll, describe, expect, test } from 'vitest';
import { Draw } from '../model/helpers.ts';
import { C, chosenIn, classifier, columns, N, sequences, T, tagger, trainerOf, V } from './helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

describe('fit over arrays makes the steps of batches cut by hand, to the bit', () => {
  test.each([
    ['shuffled', { seed: 5 }, 5],
    ['by default shuffled with seed 0', {}, 0],
    ['in order', { shuffle: false }, undefined],
  ])('%s', async (_, opts, seed) => {
    const { x, y } = sequences();
    const [fit, hand] = [trainerOf(), trainerOf()];
    const { history, updates } = await fit.fit({ x, y }, { epochs: 3, batchSize: 8, ...opts });
    const losses = [1, 2, 3].map((epoch) => {
      const made = chosenIn(epoch, 8, seed).map((rows) => hand.step(columns(x, rows), columns(y, rows)).loss);
      return made.reduce((a, b) => a + b) / made.length;
    });
    expect(updates).toBe(9);
    expect(history.map(({ loss }) => loss)).toEqual(losses);
    expect(history.map(({ epoch, lr }) => [epoch, lr])).toEqual([1, 2, 3].map((e) => [e, 0.02]));
    expect(fit.save()).toEqual(hand.save());
  });

  test('another order in each epoch, none twice or left out', () => {
    const orders = [1, 2, 3].map((epoch) => chosenIn(epoch, 8, 0).flat());
    expect(new Set(orders.map((order) => `${order}`)).size).toBe(3);
    for (const order of orders) expect([...order].sort((a, b) => a - b)).toEqual([...Array(N).keys()]);
  });

  test('lengths, a mask and weights are cut along', async () => {
    const { x, y } = sequences();
    const lengths = Array.from({ length: N }, (_, i) => 1 + (i % T));
    const mask = { data: Array.from({ length: T * N }, (_, i) => i % 3 > 0 || i < N), shape: [T, N] };
    const weights = Float32Array.from({ length: T * N }, (_, i) => (i % 4) / 2 + 0.25);
    for (const more of [{ lengths }, { mask }, { weights }]) {
      const [fit, hand] = [trainerOf(), trainerOf()];
      await fit.fit({ x, y, ...more }, { batchSize: 8, seed: 2 });
      for (const rows of chosenIn(1, 8, 2)) {
        const own = {
          ...('lengths' in more && { lengths: rows.map((i) => lengths[i]!) }),
          ...('mask' in more && {
            mask: columns({ data: Int32Array.from(mask.data, Number), shape: [T, N] }, rows).data,
          }),
          ...('weights' in more && { weights: columns({ data: weights, shape: [T, N] }, rows).data }),
        };
        hand.step(columns(x, rows), columns(y, rows), own);
      }
      expect(fit.save(), Object.keys(more)[0]).toEqual(hand.save());
    }
  });

  const { x, y } = sequences();
  const ones = (...shape: number[]) => ({ data: new Float32Array(T * N).fill(1), shape });
  test.each([
    [
      'weights, batch first',
      { weights: ones(N, T) },
      'weights',
      /expected \[5, 22\], got \[22, 5\].*batch first/,
    ],
    ['weights of one axis', { weights: ones(T * N) }, 'weights', /expected \[5, 22\], got \[110\]/],
    ['a mask, batch first', { mask: ones(N, T) }, 'mask', /expected \[5, 22\], got \[22, 5\]/],
    ['a shape that is none', { mask: { ...ones(), shape: 'x' } }, 'mask', /expected \[5, 22\]/],
    [
      'lengths of two axes',
      { lengths: { data: Array(N).fill(1), shape: [N, 1] } },
      'lengths',
      /expected \[22\]/,
    ],
    ['a function as lengths', { lengths: () => [1, 1] }, 'lengths', /a function/],
    ['a Map as lengths', { lengths: new Map([['x', [1, 1]]]) }, 'lengths', /an array of numbers/],
    ['an empty mask', { mask: {} }, 'mask', /an array of numbers/],
    ['null as weights', { weights: null }, 'weights', /got null/],
    ['a number as weights', { weights: 5 }, 'weights', /got 5/],
  ])('refused, by fit and validate: %s', async (_, more, argument, message) => {
    const trainer = trainerOf();
    const before = trainer.save();
    const data = { x, y, ...more } as never;
    const wanted = { argument, message: expect.stringMatching(message) };
    await expect(trainer.fit(data, { batchSize: N })).rejects.toMatchObject(wanted);
    await expect(trainer.validate(data)).rejects.toMatchObject(wanted);
    expect(trainer.save()).toEqual(before);
  });

  test('features, and targets of one step as a bare array', async () => {
    const draw = new Draw(2);
    const x = draw.features(1, T, N, 2);
    const y = draw.features(1, 1, N, 1);
    const make = () =>
      new u.Trainer(new u.Sequential([new u.LSTM(2, 3), new u.Linear(3, 1)], { seed: 2 }), {
        loss: u.mse,
        optimizer: { name: 'sgd', lr: 0.1 },
      });
    const full = { data: Float32Array.from({ length: T * N }, (_, i) => y.data[i % N]!), shape: [T, N, 1] };
    const [bare, shaped] = [make(), make()];
    await bare.fit({ x, y: full.data }, { batchSize: 6 });
    await shaped.fit({ x, y: full }, { batchSize: 6 });
    expect(bare.save()).toEqual(shaped.save());
    const tokens = sequences();
    const labels = tokens.x.data.slice(0, N).map((v) => v % C);
    const [a, b] = [trainerOf(classifier()), trainerOf(classifier())];
    await a.fit({ x: tokens.x, y: labels }, { batchSize: 6 });
    await b.fit({ x: tokens.x, y: { data: labels, shape: [1, N] } }, { batchSize: 6 });
    expect(a.save()).toEqual(b.save());
  });

  test('windows as they are', async () => {
    const series = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i / 3));
    const trainer = new u.Trainer(new u.Sequential([new u.LSTM(1, 4), new u.Linear(4, 1)]), {
      loss: 'mse',
      optimizer: 'adam',
    });
    const data = windows(series, { steps: 8, everyStep: true });
    expect((await trainer.fit(data, { batchSize: 10, epochs: 2 })).updates).toBe(
      2 * Math.ceil(data.count / 10),
    );
  });

  test('inputs and outputs by name, vectors among them', async () => {
    const make = () => {
      const [a, b] = [u.input({ features: 2 }), u.input({ features: 3, steps: false })];
      const { output, hN } = new u.LSTM(2, 3).apply(a, { h0: b });
      const model = new u.Model(
        {
          inputs: { a, b },
          outputs: { each: new u.Linear(3, 2).apply(output), one: new u.Linear(3, 2).apply(hN) },
        },
        { seed: 3 },
      );
      return new u.Trainer(model, { loss: { each: 'mse', one: 'crossEntropy' }, optimizer: 'adamw' });
    };
    const draw = new Draw(4);
    const [a, b, each] = [draw.features(1, T, N, 2), draw.features(1, N, 3), draw.features(1, T, N, 2)];
    const one = draw.indices(2, N);
    const lengths = { a: Array.from({ length: N }, (_, i) => 1 + (i % T)) };
    const [fit, hand] = [make(), make()];
    await fit.fit({ x: { a, b }, y: { each, one }, lengths }, { batchSize: 8, seed: 1 });
    for (const rows of chosenIn(1, 8, 1)) {
      const vector = columns({ data: b.data, shape: [1, N, 3] }, rows);
      hand.step(
        { a: columns(a, rows), b: { data: vector.data, shape: [rows.length, 3] } },
        { each: columns(each, rows), one: rows.map((i) => one.data[i]!) },
        { lengths: { a: rows.map((i) => lengths.a[i]!) } },
      );
    }
    expect(fit.save()).toEqual(hand.save());
  });
});

test('labels of ctc are cut along with their lengths, in arrays and examples', async () => {
  const draw = new Draw(6);
  const [x, labels] = [draw.features(1, 9, 8, 2), draw.indices(2, 3, 8).data.map((v) => v + 1)];
  const lengths = Array.from({ length: 8 }, (_, i) => i % 4);
  const make = () =>
    new u.Trainer(new u.Sequential([new u.LSTM(2, 4), new u.Linear(4, 3)], { seed: 1 }), {
      loss: 'ctc',
      optimizer: 'adam',
    });
  const y = { data: labels, shape: [3, 8], lengths };
  const [arrays, examples, hand] = [make(), make(), make()];
  await arrays.fit({ x, y }, { batchSize: 4, shuffle: false });
  const list = lengths.map((length, i) => ({
    x: { data: columns(x, [i]).data, shape: [9, 2] },
    y: [...columns({ data: labels, shape: [3, 8] }, [i]).data].slice(0, length),
  }));
  await examples.fit(list, { batchSize: 4, shuffle: false });
  for (const rows of chosenIn(1, 4, undefined, 8)) {
    const own = columns({ data: labels, shape: [3, 8] }, rows);
    hand.step(columns(x, rows), { ...own, lengths: rows.map((i) => lengths[i]!) } as never);
  }
  expect(arrays.save()).toEqual(hand.save());
  expect(examples.save()).toEqual(hand.save());
});

test('weights of several outputs, by name', async () => {
  const make = () => {
    const a = u.input({ features: 2 });
    const { output } = new u.LSTM(2, 3).apply(a);
    const outputs = { one: new u.Linear(3, 2).apply(output), two: new u.Linear(3, 1).apply(output) };
    return new u.Trainer(new u.Model({ inputs: { a }, outputs }, { seed: 3 }), {
      loss: { one: 'crossEntropy', two: 'mse' },
      optimizer: 'adamw',
    });
  };
  const draw = new Draw(9);
  const [a, one, two] = [draw.features(1, T, N, 2), draw.indices(2, T, N), draw.features(1, T, N, 1)];
  const weights = { data: Float32Array.from({ length: T * N }, (_, i) => (i % 3) + 0.5), shape: [T, N] };
  const [fit, hand] = [make(), make()];
  await fit.fit({ x: { a }, y: { one, two }, weights: { two: weights } }, { batchSize: 8, seed: 1 });
  for (const rows of chosenIn(1, 8, 1)) {
    const y = { one: columns(one, rows), two: columns(two, rows) };
    hand.step({ a: columns(a, rows) }, y, { weights: { two: columns(weights, rows) } });
  }
  expect(fit.save()).toEqual(hand.save());
});

describe('fit over other data', () => {
  const examples = Array.from({ length: 19 }, (_, i) => ({
    x: Int32Array.from({ length: 1 + (i % 6) }, (_, t) => (i * t + t) % V),
    y: i % C,
  }));

  test('a list of examples: the steps of batches of unrolled/data', async () => {
    const [fit, hand] = [trainerOf(classifier()), trainerOf(classifier())];
    await fit.fit(examples, { batchSize: 4, shuffle: false });
    for (const { x, y, options } of batches(examples, { batch: 4, bucket: false })) hand.step(x, y, options);
    expect(fit.save()).toEqual(hand.save());
    const buckets: number[] = [];
    const shuffledTwice = await fit.fit(examples, {
      batchSize: 4,
      epochs: 2,
      progressEvery: 1,
      onProgress: ({ batch, losses }) => {
        if (losses.length) buckets.push(batch);
      },
    });
    expect(shuffledTwice.updates).toBe(10);
    expect(buckets).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
  });

  test('examples are read when their batch is made', async () => {
    let reads = 0;
    const given = examples.map(({ x, y }) => ({
      y,
      get x() {
        reads++;
        return x;
      },
    }));
    const trainer = trainerOf(classifier());
    const [before] = batches(given, { batch: 4 });
    for (const each of given) each.y = (each.y + 1) % C;
    const [after] = batches(given, { batch: 4 });
    expect(after!.y).not.toEqual(before!.y);
    reads = 0;
    await trainer.fit(given, { batchSize: 4, epochs: 2, shuffle: false });
    const once = reads;
    await trainer.fit(given, { batchSize: 4, epochs: 4, shuffle: false });
    expect(reads - once).toBeGreaterThan(once);
    const moved = (shape: number[]) =>
      trainerOf().fit([{ x: { data: Array(6).fill(1), shape }, y: [0] }], { batchSize: 1 });
    await expect(moved([3, 1])).rejects.toThrow(u.ShapeError);
  });

  test('an example has x and y, and nothing that would be left out', async () => {
    const trainer = trainerOf(classifier());
    const before = trainer.save();
    for (const more of [{ weights: [1] }, { mask: [1] }, { lengths: 1 }, { note: 'x' }]) {
      const given = examples.map((example, i) => (i === 2 ? { ...example, ...more } : example));
      const wanted = { argument: 'data[2]', message: expect.stringContaining(Object.keys(more)[0]!) };
      await expect(trainer.fit(given, { batchSize: 4 })).rejects.toMatchObject(wanted);
      expect(() => batches(given, { batch: 4 })).toThrow(
        expect.objectContaining({ ...wanted, argument: 'examples[2]' }),
      );
    }
    expect(trainer.save()).toEqual(before);
  });

  test('examples of a Model: inputs of two lengths, a vector, targets by step', async () => {
    const [source, target, bias] = [
      u.input({ features: 1 }),
      u.input({ indices: V }),
      u.input({ indices: 2, steps: false }),
    ];
    const { hN } = new u.LSTM(1, 3).apply(source);
    const h0 = new u.Add().apply(hN, new u.Embedding(2, 3).apply(bias));
    const { output } = new u.LSTM(2, 3).apply(new u.Embedding(V, 2).apply(target), { h0 });
    const model = new u.Model({
      inputs: { source, target, bias },
      outputs: { next: new u.Linear(3, V).apply(output) },
    });
    const make = (given: u.Model) =>
      new u.Trainer(given, { loss: { next: 'crossEntropy' }, optimizer: 'adam' });
    const list = Array.from({ length: 7 }, (_, i) => {
      const tokens = Array.from({ length: 1 + (i % 4) }, (_, t) => (t + i) % V);
      return {
        x: { source: Array.from({ length: 2 + (i % 3) }, (_, t) => t / 4), target: tokens, bias: i % 2 },
        y: { next: tokens },
      };
    });
    const trainer = make(model);
    const file = model.save();
    await trainer.fit(list, { batchSize: 7, shuffle: false });
    const hand = make(u.Model.load(file));
    const lengths = {
      source: list.map(({ x }) => x.source.length),
      target: list.map(({ x }) => x.target.length),
    };
    const padded = (name: 'source' | 'target', steps: number) =>
      Array.from({ length: steps * 7 }, (_, i) => list[i % 7]!.x[name][Math.floor(i / 7)] ?? 0);
    const tokens = { data: Int32Array.from(padded('target', 4)), shape: [4, 7] };
    const x = {
      source: { data: Float32Array.from(padded('source', 4)), shape: [4, 7, 1] },
      target: tokens,
      bias: list.map(({ x }) => x.bias),
    };
    hand.step(x, { next: tokens }, { lengths });
    expect(trainer.model.stateDict()).toEqual(hand.model.stateDict());
    const wrong = [...list, { x: { source: [1, 2], target: [1, 2], bias: 0 }, y: { next: [1] } }];
    await expect(trainer.fit(wrong, { batchSize: 8 })).rejects.toMatchObject({ argument: 'data[7].y.next' });
    const bigints = [{ x: list[0]!.x, y: { next: [1n] } }, ...list] as never;
    await expect(trainer.fit(bigints, { batchSize: 8 })).rejects.toMatchObject({
      argument: 'data[0].y.next[0]',
    });
  });

  function batch(seed: number): u.Batch {
    const { x, y } = sequences(seed, 4);
    return { x, y };
  }

  test.each<[string, () => u.FitData]>([
    ['a list', () => [batch(1), batch(2)]],
    ['a function that returns a generator', () => () => [batch(1), batch(2)].values()],
    [
      'an asynchronous iterable',
      () => ({
        async *[Symbol.asyncIterator]() {
          yield batch(1);
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield batch(2);
        },
      }),
    ],
  ])('batches of %s, read once per epoch', async (_, data) => {
    const [fit, hand] = [trainerOf(), trainerOf()];
    const { updates } = await fit.fit(data(), { epochs: 2 });
    for (const seed of [1, 2, 1, 2]) hand.step(batch(seed).x, batch(seed).y);
    expect(updates).toBe(4);
    expect(fit.save()).toEqual(hand.save());
  });

  test('a function is given the epoch; lengths are next to x and y, or among the options', async () => {
    const epochs: number[] = [];
    const lengths = [1, 2, 3, 4];
    const [fit, hand] = [trainerOf(), trainerOf()];
    await fit.fit(
      (epoch) => {
        epochs.push(epoch);
        return [
          { ...batch(1), lengths },
          { ...batch(2), options: { lengths } },
        ];
      },
      { epochs: 2 },
    );
    for (const seed of [1, 2, 1, 2]) hand.step(batch(seed).x, batch(seed).y, { lengths });
    expect(epochs).toEqual([1, 2]);
    expect(fit.save()).toEqual(hand.save());
  });

  test('data without a batch are refused, also in the only epoch', async () => {
    const trainer = trainerOf();
    for (const data of [[], () => [], [].values()])
      await expect(trainer.fit(data)).rejects.toMatchObject({ argument: 'data' });
    await expect(trainer.validate([])).rejects.toMatchObject({ argument: 'data' });
    await expect(trainer.fit([batch(1)], { validation: [] })).rejects.toMatchObject({
      argument: 'validation',
    });
  });

  test('an iterable that can be read only once is refused for several epochs, before anything is done', async () => {
    const trainer = trainerOf();
    const before = trainer.save();
    function* once() {
      yield batch(1);
    }
    await expect(trainer.fit(once(), { epochs: 2 })).rejects.toMatchObject({ argument: 'data' });
    const validation = once();
    await expect(trainer.fit([batch(1)], { epochs: 2, validation })).rejects.toMatchObject({
      argument: 'validation',
    });
    expect(trainer.save()).toEqual(before);
    expect((await trainer.fit(once())).updates).toBe(1);
    // one that does not look like it
    const generator = once();
    const hidden = { [Symbol.iterator]: () => ({ next: () => generator.next() }) };
    await expect(trainer.fit(hidden, { epochs: 2 })).rejects.toMatchObject({ argument: 'data' });
  });

  test('a text, whose states go on from epoch to epoch', async () => {
    const data = Int32Array.from({ length: 101 }, (_, i) => (i * i) % C);
    const make = () => trainerOf(tagger(), { carryState: true });
    const [fit, hand] = [make(), make()];
    await fit.fit({ data, stepsPerSequence: 5, batch: 2, updates: 4 }, { epochs: 3 });
    const lanes = new Lanes(data, { steps: 5, batch: 2 });
    for (let i = 0; i < 12; i++) hand.step(lanes.read(i).x, lanes.read(i).y);
    expect(fit.save()).toEqual(hand.save());
  });
});

describe('options of the trainer', () => {
  test('carryState: states start from zeros in each epoch, and arrays are not shuffled', async () => {
    const { x, y } = sequences(1, 8);
    const make = () => trainerOf(tagger(), { carryState: true });
    const [fit, hand] = [make(), make()];
    await fit.fit({ x, y }, { epochs: 2, batchSize: 4 });
    for (const epoch of [1, 2]) {
      if (epoch > 1) hand.resetState();
      for (const rows of chosenIn(epoch, 4, undefined, 8)) hand.step(columns(x, rows), columns(y, rows));
    }
    expect(fit.save()).toEqual(hand.save());
    await expect(fit.fit({ x, y }, { batchSize: 4, shuffle: true })).rejects.toMatchObject({
      argument: 'shuffle',
    });
    await expect(fit.fit({ x, y }, { batchSize: 3 })).rejects.toMatchObject({ argument: 'batchSize' });
  });

  test('carryState goes on from the steps before fit', async () => {
    const { x, y } = sequences(1, 4);
    const make = () => trainerOf(tagger(), { carryState: true });
    const [fit, hand] = [make(), make()];
    for (const trainer of [fit, hand]) trainer.step(x, y);
    await fit.fit([{ x, y }]);
    hand.step(x, y);
    expect(fit.save()).toEqual(hand.save());
  });

  test('accumulate counts updates, memoryBudget changes no bit', async () => {
    const { x, y } = sequences();
    const [whole, parts] = [trainerOf(), trainerOf(tagger(), { memoryBudget: 20_000 })];
    await whole.fit({ x, y }, { batchSize: 8, epochs: 2 });
    await parts.fit({ x, y }, { batchSize: 8, epochs: 2 });
    expect(parts.save()).toEqual(whole.save());
    const several = trainerOf(tagger(), { accumulate: 2 });
    expect((await several.fit({ x, y }, { batchSize: 8, epochs: 2 })).updates).toBe(3);
    expect(several.steps).toBe(3);
  });

  test('losses, optimizers and schedules by name are those of their classes', async () => {
    const { x, y } = sequences();
    const named = new u.Trainer(tagger(), {
      loss: { name: 'crossEntropy', labelSmoothing: 0.1 },
      optimizer: { name: 'sgd', lr: 0.1, momentum: 0.9 },
      schedule: { name: 'warmup', steps: 4, after: { name: 'stepLR', stepSize: 1 } },
    });
    const { SGD, crossEntropy, stepLR, warmup } = await import('unrolled');
    const made = new u.Trainer(tagger(), {
      loss: crossEntropy({ labelSmoothing: 0.1 }),
      optimizer: new SGD({ lr: 0.1, momentum: 0.9 }),
      schedule: warmup({ steps: 4, after: stepLR({ stepSize: 1 }) }),
    });
    for (let i = 0; i < 6; i++) expect(named.step(x, y)).toEqual(made.step(x, y));
    expect(named.save()).toEqual(made.save());
  });
});
