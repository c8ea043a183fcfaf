import * as u from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';
import { concatenated, Draw, expectSameDict, thrown } from '../model/helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const [S, T, B, V, W] = [7, 5, 3, 6, 8];

/** An encoder in both directions and a decoder with attention. */
function translator() {
  const source = u.input({ indices: W });
  const target = u.input({ indices: V });
  const [table, lstm] = [new u.Embedding(W, 4), new u.LSTM(4, 3, { bidirectional: true })];
  const encoder = lstm.apply(table.apply(source));
  const decoder = new u.LSTM(4, 6).apply(new u.Embedding(V, 4).apply(target), {
    h0: encoder.hN,
    c0: encoder.cN,
  });
  const context = new u.Attention().apply(decoder.output, encoder.output);
  const next = new u.Linear(12, V).apply(new u.Concat().apply(decoder.output, context));
  const model = new u.Model({ inputs: { source, target }, outputs: { next } }, { seed: 1 });
  // names of the layers of the encoder
  const names = [table, lstm].map((layer) => `${(model.layers as readonly unknown[]).indexOf(layer)}`);
  return { model, names };
}

function training(opts: Partial<u.TrainerOptions> = {}) {
  const { model, names } = translator();
  const optimizer = new u.AdamW({ lr: 0.02 });
  return {
    model,
    names,
    trainer: new u.Trainer(model, { loss: { next: u.crossEntropy }, optimizer, ...opts }),
  };
}

const lengths = { source: [3, 7, 5], target: [5, 2, 4] };
const batch = (seed: number) => {
  const draw = new Draw(seed);
  const x = { source: draw.indices(W, S, B), target: draw.indices(V, T, B) };
  return [x, { next: draw.indices(V, T, B) }, { lengths }] as const;
};

/** What a file of a trainer holds. */
const all = ({ trainer }: { trainer: u.Trainer<u.Model> | u.Trainer }) => [...trainer.save()];

test('a mask of first steps is as lengths, and each may be that of another input', () => {
  const marks = (list: readonly number[], steps: number) =>
    Uint8Array.from({ length: steps * B }, (_, i) => (Math.floor(i / B) < list[i % B]! ? 1 : 0));
  const results = [
    { lengths },
    { mask: { source: marks(lengths.source, S), target: marks(lengths.target, T) } },
    { lengths: { source: lengths.source }, mask: { target: marks(lengths.target, T) } },
  ].map((opts) => {
    const { model, trainer } = training();
    const [x, y] = batch(1);
    const results = [trainer.step(x, y, opts), trainer.step(x, y, opts), trainer.evaluate(x, y, opts)];
    return [results, model.stateDict()];
  });
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

describe('frozen', () => {
  test('an encoder stays, and no gradient is computed for it', () => {
    const { names } = translator();
    const [a, b] = [training({ frozen: names, clipNorm: 9 }), training({ clipNorm: 9 })];
    const before = a.model.stateDict();
    const isStill = (name: string) => names.includes(name.split('.')[0]!);
    const [frozen, free] = [a.trainer.step(...batch(1)), b.trainer.step(...batch(1))];
    expect(frozen.loss).toBe(free.loss);
    expect(frozen.gradNorm).toBeLessThan(free.gradNorm);
    const [gradients, wanted] = [a.model.gradients(), b.model.gradients()];
    const moved = b.model.stateDict();
    for (const [name, { data }] of Object.entries(a.model.stateDict())) {
      expect(data, name).toEqual((isStill(name) ? before : moved)[name]!.data);
      if (!isStill(name)) expect(gradients[name]!.data, name).toEqual(wanted[name]!.data);
      expect([name, wanted[name]!.data.some((g) => g !== 0)]).toEqual([name, true]);
    }
    for (const name of Object.keys(gradients).filter(isStill)) {
      expect(
        gradients[name]!.data.every((g) => g === 0),
        name,
      ).toBe(true);
    }
    // another trainer of the model computes all of them
    new u.Trainer(a.model, { loss: { next: u.crossEntropy }, optimizer: new u.SGD({ lr: 0 }) }).step(
      ...batch(1),
    );
    expect(a.model.gradients()[`${names[0]}.weight`]!.data.some((g) => g !== 0)).toBe(true);
  });

  test.each([0, 1, 2, 3])(
    'whatever is trained by itself has the gradient it has with all others: layer %i',
    (k) => {
      const x = u.input({ features: 4 });
      const shared = new u.Linear(4, 4);
      const left = new u.GRU(4, 4).apply(shared.apply(x));
      const right = new u.Conv1d(4, 4, 3, { padding: 'same' }).apply(new u.Reverse().apply(x));
      const sum = shared.apply(new u.Add().apply(left, right));
      const outputs = { a: new u.Linear(4, 2).apply(sum), b: new u.Pool({ kind: 'mean' }).apply(right) };
      const model = new u.Model({ inputs: x, outputs }, { seed: 3 });
      const own = (name: string) => model.layers[Number(name.split('.')[0])]!.type;
      const types = ['Linear', 'GRU', 'Conv1d', 'BatchNorm'];
      const keys = Object.keys(model.stateDict());
      const trained = k < 3 ? keys.filter((name) => own(name) === types[k]) : keys.slice(-1);
      const frozen = keys.filter((name) => !trained.includes(name));
      const draw = new Draw(4);
      const args = [
        draw.features(1, T, B, 4),
        { a: draw.features(1, T, B, 2), b: draw.features(1, B, 4) },
        { lengths: [2, 5, 3] },
      ] as const;
      const make = (opts: object) =>
        new u.Trainer(model, { loss: { a: u.mse, b: u.mse }, optimizer: new u.SGD({ lr: 0 }), ...opts });
      make({}).step(...args);
      const wanted = model.gradients();
      make({ frozen }).step(...args);
      const got = model.gradients();
      for (const name of trained) expect(got[name]!.data, name).toEqual(wanted[name]!.data);
    },
  );

  test('a table is trained by a tied layer where its own lookups come later', () => {
    const a = u.input({ indices: V });
    const table = new u.Embedding(V, 4);
    const first = new u.GRU(4, 4).apply(new u.Embedding(V, 4).apply(a));
    const logits = new u.Linear(4, V, { tied: table }).apply(first);
    const mixed = new u.Concat().apply(logits, table.apply(a));
    const model = new u.Model({ inputs: a, outputs: new u.Linear(V + 4, V).apply(mixed) }, { seed: 2 });
    const place = (model.layers as readonly unknown[]).indexOf(table);
    const draw = new Draw(5);
    const [x, y] = [draw.indices(V, T, B), draw.indices(V, T, B)];
    const make = (opts: object) =>
      new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0 }), ...opts }).step(x, y);
    make({});
    const wanted = model.gradients();
    const keys = Object.keys(wanted);
    make({ frozen: keys.filter((name) => name !== `${place}.weight`) });
    expect(model.gradients()[`${place}.weight`]).toEqual(wanted[`${place}.weight`]);
  });
});

describe('options of training', () => {
  test('a group with the rate of the others changes nothing; one with a rate of 0 stays', () => {
    const { names } = translator();
    const same = { groups: [{ match: names, lr: 0.02 }] };
    const still = { groups: [{ match: names, lr: 0, weightDecay: 0 }] };
    const [a, b, c] = [training(), training(same), training(still)];
    const before = c.model.stateDict();
    for (let i = 0; i < 3; i++) for (const { trainer } of [a, b, c]) trainer.step(...batch(i));
    expectSameDict(b.model.stateDict(), a.model.stateDict());
    for (const [name, { data }] of Object.entries(c.model.stateDict())) {
      expect([name, data.every((v, i) => v === before[name]!.data[i])]).toEqual([
        name,
        names.includes(name.split('.')[0]!),
      ]);
    }
  });

  test('a checkpoint between two accumulated steps goes on with the same bits', () => {
    const opts = () => ({ accumulate: 3, averages: 0.9, clipNorm: 1 });
    const a = training(opts());
    for (let i = 0; i < 4; i++) a.trainer.step(...batch(i));
    expect([a.trainer.steps, a.trainer.batches]).toEqual([1, 4]);
    const file = a.trainer.save();
    const b = training(opts());
    b.trainer.step(...batch(9));
    b.trainer.restore(file);
    expect(all(b)).toEqual([...file]);
    for (let i = 4; i < 8; i++) expect(b.trainer.step(...batch(i))).toEqual(a.trainer.step(...batch(i)));
    expect(all(b)).toEqual(all(a));
    for (const { trainer } of [a, b]) trainer.swapAverages();
    expectSameDict(b.model.stateDict(), a.model.stateDict());
    expect(thrown(() => a.trainer.step(...batch(1)))).toMatchObject({ name: 'StateError' });
  });

  test('the mean gradient of two steps is that of one update', () => {
    const [a, b] = [training({ accumulate: 2 }), training()];
    a.trainer.step(...batch(1));
    const { accumulated } = a.trainer.step(...batch(2));
    expect(accumulated).toBeUndefined();
    const [one, two] = [1, 2].map((seed) => b.trainer.gradients(...batch(seed)).gradients);
    b.trainer.apply(one!.map((g, i) => (g + two![i]!) / 2));
    const [got, wanted] = [concatenated(a.model.stateDict()), concatenated(b.model.stateDict())];
    for (const [i, v] of wanted.entries()) expect(got[i]).toBeCloseTo(v, 4);
  });

  test('gradients and apply make the update of a step', () => {
    const { names } = translator();
    for (const opts of [{}, { frozen: names }]) {
      const [a, b] = [training(opts), training(opts)];
      for (let i = 0; i < 3; i++) {
        a.trainer.step(...batch(i));
        b.trainer.apply(b.trainer.gradients(...batch(i)).gradients);
      }
      expect(all(b)).toEqual(all(a));
    }
  });
});

describe('a step that is refused leaves all as it was', () => {
  const [x, y] = batch(1);
  const nan = {
    next: { data: Int32Array.from(y.next.data, (v, i) => (i === 3 ? V : v)), shape: y.next.shape },
  };
  const bad = { data: Int32Array.from(x.source.data, (v, i) => (i === 4 ? W : v)), shape: x.source.shape };
  test.each<[string, unknown, unknown, object, string]>([
    ['an index outside the vocabulary of a named input', { ...x, source: bad }, y, {}, 'x.source'],
    ['a target outside the vocabulary', x, nan, {}, 'y.next'],
    ['a missing input', { source: x.source }, y, {}, 'x.target'],
    ['steps of another input', x, { next: x.source }, {}, 'y.next'],
    ['a length beyond the steps', x, y, { lengths: { source: [8, 1, 1] } }, 'lengths.source[0]'],
    ['a mark that is no mark', x, y, { mask: { target: Array(15).fill(2) } }, 'mask.target[0]'],
    ['an unknown state', x, y, { states: { h: [1] } }, 'states'],
    ['a state of another size', x, y, { states: { '2.h_l0': [1] } }, 'states'],
    ['weights and lengths', x, y, { lengths, weights: new Float32Array(15).fill(1) }, 'weights'],
    ['too few weights', x, y, { weights: [1] }, 'weights'],
    ['all steps to warm up', x, y, { warmup: 5 }, 'warmup'],
  ])('%s', (_, given, target, opts, words) => {
    const a = training({ accumulate: 2, averages: 0.9 });
    a.trainer.step(...batch(5));
    const before = all(a);
    const error = thrown(() => a.trainer.step(given as never, target as never, opts));
    expect((error as { argument: string }).argument).toContain(words);
    expect(all(a)).toEqual(before);
    const b = training({ accumulate: 2, averages: 0.9 });
    b.trainer.step(...batch(5));
    expect(a.trainer.step(...batch(6))).toEqual(b.trainer.step(...batch(6)));
  });
});

describe('several outputs', () => {
  const from = () => {
    const x = u.input({ features: 2 });
    const h = new u.GRU(2, 4).apply(x);
    const outputs = {
      a: new u.Linear(4, 2).apply(h),
      b: new u.Linear(4, V).apply(h),
      c: new u.Linear(4, 3).apply(h.hN),
    };
    return new u.Model({ inputs: x, outputs }, { seed: 2 });
  };
  const losses = { a: u.mse, b: u.crossEntropy, c: u.mse };
  const draw = new Draw(9);
  const x = draw.features(1, T, B, 2);
  const y = {
    a: draw.features(1, T, B, 2),
    b: draw.indices(V, T, B),
    c: { data: draw.features(1, 1, B, 3).data, shape: [B, 3] },
  };
  const make = (opts: Partial<u.TrainerOptions> = {}) =>
    new u.Trainer(from(), { loss: losses, optimizer: new u.SGD({ lr: 0.1 }), ...opts });
  const weights = Float32Array.from({ length: T * B }, (_, i) => (i % 4 === 1 ? 0 : 0.5 + (i % 3)));

  /** The weighted mean over all steps, from the outputs themselves. */
  function meanOf(name: 'a' | 'b', weightOf: (t: number, b: number) => number): number {
    const { data, shape } = from().forward(x)[name]!;
    const size = shape[2]!;
    let [sum, count] = [0, 0];
    for (let t = 0; t < T; t++) {
      for (let b = 0; b < B; b++) {
        const row = Array.from(data.subarray((t * B + b) * size, (t * B + b + 1) * size));
        const at = t * B + b;
        let loss = 0;
        if (name === 'b') {
          const total = Math.log(row.reduce((all, v) => all + Math.exp(v), 0));
          loss = total - row[y.b.data[at]!]!;
        } else for (const [j, v] of row.entries()) loss += (v - y.a.data[at * size + j]!) ** 2;
        sum += weightOf(t, b) * loss;
        count += weightOf(t, b) * (name === 'a' ? size : 1);
      }
    }
    return sum / count;
  }

  test('have weights of their own', () => {
    const plain = make().evaluate(x, y).loss;
    const others = plain - meanOf('a', () => 1) - meanOf('b', () => 1);
    const weighted = (t: number, b: number) => weights[t * B + b]!;
    const found = make().evaluate(x, y, {
      weights: { a: weights, b: { data: weights, shape: [T, B] } },
    }).loss;
    expect(found).toBeCloseTo(meanOf('a', weighted) + meanOf('b', weighted) + others, 5);
    const one = make().evaluate(x, y, { weights: { b: weights } }).loss;
    expect(one).toBeCloseTo(meanOf('a', () => 1) + meanOf('b', weighted) + others, 5);
  });

  test('have gradients that are those of the weighted loss', () => {
    const options = { weights: { a: weights, b: weights } };
    const trainer = make();
    const { gradients } = trainer.gradients(x, y, options);
    const state = trainer.model.stateDict();
    const names = Object.keys(state);
    let at = 0;
    for (const name of names) {
      const { data } = state[name]!;
      for (const i of [0, data.length - 1]) {
        const lossAt = (by: number) => {
          const moved = { ...state, [name]: { ...state[name]!, data: Float32Array.from(data) } };
          moved[name]!.data[i]! += by;
          trainer.model.loadStateDict(moved);
          return trainer.evaluate(x, y, options).loss;
        };
        expect(gradients[at + i]!).toBeCloseTo((lossAt(0.01) - lossAt(-0.01)) / 0.02, 3);
      }
      at += data.length;
    }
  });

  test('warm up where they have steps', () => {
    const after = (t: number) => (t < 2 ? 0 : 1);
    const others = make().evaluate(x, y).loss - meanOf('a', () => 1) - meanOf('b', () => 1);
    const wanted = meanOf('a', after) + meanOf('b', after) + others;
    expect(make().evaluate(x, y, { warmup: 2 }).loss).toBeCloseTo(wanted, 5);
    expect(make({ warmup: 2 }).evaluate(x, y).loss).toBeCloseTo(wanted, 5);
  });

  test.each<[string, object, string]>([
    ['weights without names', { weights }, 'weights'],
    ['weights of an unknown output', { weights: { d: weights } }, 'weights.d'],
    ['too few weights', { weights: { a: [1] } }, 'weights.a'],
    ['a negative weight', { weights: { a: weights.map((v, i) => (i === 2 ? -1 : v)) } }, 'weights.a[2]'],
    ['no weight above 0', { weights: { b: new Float32Array(T * B) } }, 'weights.b'],
    ['weights and lengths', { weights: { a: weights }, lengths: [5, 5, 4] }, 'weights.a'],
  ])('%s are refused by name', (_, opts, argument) => {
    const trainer = make();
    const before = all({ trainer, model: trainer.model } as never);
    expect(thrown(() => trainer.step(x, y, opts))).toMatchObject({
      name: expect.stringMatching(/ArgumentError|ShapeError/),
      argument,
    });
    expect(all({ trainer, model: trainer.model } as never)).toEqual(before);
  });
});

describe('ctc of a graph', () => {
  const F = 4;
  const layers = () => [
    new u.Conv1d(F, 5, 3, { stride: 2, padding: 'same' }),
    new u.LSTM(5, 4, { bidirectional: true }),
    new u.Linear(8, 3),
  ];
  const draw = new Draw(12);
  const x = draw.features(1, 12, B, F);
  const y = { data: Int32Array.of(1, 2, 1, 2, 1, 7, 2, 7, 7), shape: [3, B], lengths: [3, 2, 1] };
  const chain = () => {
    const node = u.input({ features: F });
    const outputs = layers().reduce((at, layer) => layer.apply(at), node);
    return new u.Model({ inputs: node, outputs }, { seed: 4 });
  };

  test.each([undefined, { lengths: [12, 9, 5] }])('trains as a Sequential does, to the bit: %o', (opts) => {
    const options = () => ({ loss: u.ctc, optimizer: new u.AdamW({ lr: 0.05 }) });
    const a = new u.Trainer(new u.Sequential(layers(), { seed: 4 }), options());
    const b = new u.Trainer(chain(), options());
    for (let i = 0; i < 3; i++) {
      expect(b.step(x, y, opts)).toEqual(a.step(x, y, opts));
      expect(b.evaluate(x, y, opts)).toEqual(a.evaluate(x, y, opts));
    }
    expectSameDict(b.model.stateDict(), a.model.stateDict());
  });

  test('besides another output: the sum of both losses, and of their gradients', () => {
    const node = u.input({ features: F });
    const h = new u.LSTM(F, 4).apply(node);
    const [labels, other] = [new u.Linear(4, 3).apply(h), new u.Linear(4, 2).apply(h)];
    const model = new u.Model({ inputs: node, outputs: { labels, other } }, { seed: 1 });
    const target = { labels: y, other: draw.features(1, 12, B, 2) };
    const opts = { lengths: [12, 9, 5] };
    const of = (lossWeights: Record<string, number>) => {
      const trainer = new u.Trainer(model, {
        loss: { labels: u.ctc, other: u.mse },
        lossWeights,
        optimizer: new u.SGD({ lr: 0.1 }),
      });
      const { loss } = trainer.evaluate(x, target, opts);
      return { loss, gradients: trainer.gradients(x, target, opts).gradients };
    };
    const [both, first, second] = [of({}), of({ other: 1e-9 }), of({ labels: 1e-9 })];
    expect(both.loss).toBeCloseTo(first.loss + second.loss, 4);
    for (const [i, v] of both.gradients.entries())
      expect(v).toBeCloseTo(first.gradients[i]! + second.gradients[i]!, 4);
    const single = new u.Sequential([new u.LSTM(F, 4), new u.Linear(4, 3)]);
    const state = model.stateDict();
    const names = Object.keys(single.stateDict());
    single.loadStateDict(Object.fromEntries(names.map((name) => [name, state[name]!])));
    const byItself = new u.Trainer(single, { loss: u.ctc, optimizer: new u.SGD({ lr: 0.1 }) }).evaluate(
      x,
      y,
      opts,
    ).loss;
    expect(first.loss).toBeCloseTo(byItself, 4);
  });

  test.each<[string, object, object, string]>([
    [
      'more labels than steps',
      { data: new Int32Array(9).map((_, i) => 1 + (i % 2)), shape: [3, B] },
      { lengths: [12, 9, 3] },
      'y',
    ],
    ['a blank', { data: new Int32Array(9), shape: [3, B] }, {}, 'y (label 0, row 0)'],
    ['weights', y, { weights: [1] }, 'weights'],
    ['a warm-up', y, { warmup: 1 }, 'warmup'],
    ['lengths of another batch', { ...y, lengths: [1] }, {}, 'y.lengths'],
  ])('%s: refused, and nothing is changed', (_, target, opts, argument) => {
    const model = chain();
    const trainer = new u.Trainer(model, { loss: u.ctc, optimizer: new u.AdamW() });
    const before = model.stateDict();
    expect(thrown(() => trainer.step(x, target as never, opts))).toMatchObject({ argument });
    expectSameDict(model.stateDict(), before);
  });

  test('is refused for a vector', () => {
    const node = u.input({ features: F });
    const model = new u.Model({
      inputs: node,
      outputs: new u.Linear(4, 3).apply(new u.LSTM(F, 4).apply(node).hN),
    });
    expect(
      thrown(() => new u.Trainer(model, { loss: u.ctc, optimizer: new u.SGD({ lr: 0.1 }) })),
    ).toMatchObject({
      argument: 'loss',
    });
  });
});

test('numbers that are not finite skip the update of a BatchNorm in a branch, and of its statistics', () => {
  const make = () => {
    const x = u.input({ features: 4 });
    const norm = new u.BatchNorm(4).apply(new u.GRU(4, 4).apply(x));
    const model = new u.Model({ inputs: { x }, outputs: { y: new u.Add().apply(x, norm) } }, { seed: 4 });
    const trainer = new u.Trainer(model, {
      loss: { y: u.mse },
      optimizer: new u.AdamW({ lr: 0.1 }),
      nonFinite: 'skip',
      accumulate: 2,
    });
    return { model, trainer };
  };
  const [a, b] = [make(), make()];
  const x = new Draw(6).features(1, T, B, 4);
  const bad = { ...x, data: x.data.map((v, i) => (i === 7 ? Number.NaN : v)) };
  a.trainer.step({ x }, { y: x });
  b.trainer.step({ x }, { y: x });
  for (const [given, target] of [
    [x, bad],
    [bad, x],
  ] as const) {
    const before = a.model.stateDict();
    expect(a.trainer.step({ x: given }, { y: target })).toMatchObject({ skipped: true });
    expectSameDict(a.model.stateDict(), before);
  }
  expect(a.trainer.skipped).toBe(2);
  expect(a.trainer.step({ x }, { y: x })).toEqual(b.trainer.step({ x }, { y: x }));
  expectSameDict(a.model.stateDict(), b.model.stateDict());
});

describe('states of a decoder with steps of its own', () => {
  /** An encoder whose last state is repeated and decoded. */
  const make = (carryState: boolean) => {
    const x = u.input({ features: 3 });
    const code = new u.GRU(3, 4).apply(x).hN;
    const decoded = new u.GRU(4, 4).apply(new u.RepeatVector(3).apply(code));
    const model = new u.Model({ inputs: x, outputs: new u.Linear(4, 2).apply(decoded) }, { seed: 7 });
    return new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0 }), carryState });
  };
  const draw = new Draw(8);
  const [x, y] = [draw.features(1, T, B, 3), draw.features(1, 3, B, 2)];
  const row = ({ data, shape }: typeof x, b: number, steps: number) => {
    const width = shape[2]!;
    const at = (i: number) => (Math.floor(i / width) * B + b) * width + (i % width);
    return {
      data: Float32Array.from({ length: steps * width }, (_, i) => data[at(i)]!),
      shape: [steps, 1, width],
    };
  };

  test('are carried row by row, whatever the order of the lengths', () => {
    const lists = [
      [2, 5, 3],
      [5, 1, 4],
      [3, 3, 5],
    ];
    const whole = make(true);
    const results = lists.map((list) => [
      whole.step(x, y, { lengths: list }).loss,
      whole.evaluate(x, y, { lengths: list, carry: true }).loss,
    ]);
    const sums = lists.map(() => [0, 0]);
    for (let b = 0; b < B; b++) {
      const byItself = make(true);
      for (const [i, list] of lists.entries()) {
        const args = [row(x, b, list[b]!), row(y, b, 3)] as const;
        sums[i]![0]! += byItself.step(...args).loss / B;
        // updates with a rate of 0 start evaluations again
        sums[i]![1]! += byItself.evaluate(...args, { carry: true }).loss / B;
      }
    }
    for (const [i, pair] of results.entries())
      for (const [k, loss] of pair.entries()) expect(loss).toBeCloseTo(sums[i]![k]!, 6);
    const file = whole.save();
    const again = make(true);
    again.restore(file);
    expect(again.step(x, y, { lengths: lists[1]! })).toEqual(whole.step(x, y, { lengths: lists[1]! }));
  });

  test('evaluations carry them, too', () => {
    const lists = [
      [2, 5, 3],
      [5, 1, 4],
    ];
    const whole = make(false);
    const got = lists.map((list) => whole.evaluate(x, y, { lengths: list, carry: true }).loss);
    const sums = [0, 0];
    for (let b = 0; b < B; b++) {
      const byItself = make(false);
      for (const [i, list] of lists.entries())
        sums[i]! += byItself.evaluate(row(x, b, list[b]!), row(y, b, 3), { carry: true }).loss / B;
    }
    for (const [i, loss] of got.entries()) expect(loss).toBeCloseTo(sums[i]!, 6);
  });
});
