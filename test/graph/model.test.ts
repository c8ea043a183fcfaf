import * as u from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';
import { generator, uniform } from '../reference/random.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

type Applied = u.Layer & { apply(node: u.GraphNode): u.GraphNode };

/** Layers one after the other, as a graph. */
function chainOf(from: u.GraphNode, layers: readonly u.Layer[], seed: number) {
  const outputs = (layers as readonly Applied[]).reduce((node, layer) => layer.apply(node), from);
  return new u.Model({ inputs: from, outputs }, { seed });
}

function indices(next: () => number, length: number, limit: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length }, () => Math.floor(next() * limit));
}

const V = 11;
const T = 9;
const B = 3;
const chains: readonly (readonly [string, () => u.Layer[]])[] = [
  [
    'a stack',
    () => [new u.Embedding(V, 6), new u.LSTM(6, 5, { numLayers: 3, dropout: 0.2 }), new u.Linear(5, V)],
  ],
  [
    'a table that is multiplied',
    () => [new u.Embedding(V, 6), new u.Dropout(0), new u.GRU(6, 5), new u.Dropout(0.3), new u.Linear(5, V)],
  ],
  [
    'LastStep behind both directions',
    () => [
      new u.Embedding(V, 6),
      new u.LSTM(6, 5, { bidirectional: true }),
      new u.Dropout(0.4),
      new u.LastStep(),
      new u.Linear(10, V),
    ],
  ],
];

describe.each(chains)('a chain as a Model has the bits of Sequential: %s', (_, layers) => {
  const next = generator(4);
  const x = { data: indices(next, T * B, V), shape: [T, B] };
  const y = { data: indices(next, T * B, V), shape: [T, B] };

  test.each([[undefined], [[4, 9, 6]]])('training steps, lengths %j', (lengths) => {
    const sequential = new u.Sequential(layers(), { seed: 5 });
    const model = chainOf(u.input({ indices: V }), layers(), 5);
    const trainers = [sequential, model].map(
      (one) =>
        new u.Trainer(one as u.Sequential, { loss: u.crossEntropy, optimizer: new u.AdamW(), clipNorm: 1 }),
    );
    const last = layers().some(({ type }) => type === 'LastStep');
    const target = last ? { data: y.data.slice(0, B), shape: [1, B] } : y;
    for (let i = 0; i < 3; i++) {
      const [a, b] = trainers.map((trainer) => trainer.step(x, target, lengths ? { lengths } : {}));
      expect(b).toEqual(a);
    }
    expect(model.stateDict()).toEqual(sequential.stateDict());
    const opts = lengths ? { lengths } : {};
    expect(trainers[1]!.evaluate(x, target, opts)).toEqual(trainers[0]!.evaluate(x, target, opts));
    expect(model.forward(x, opts).data).toEqual(sequential.forward(x, opts).data);
  });
});

/** An encoder and a decoder with attention. */
function translator(seed = 1) {
  const source = u.input({ indices: 12 });
  const target = u.input({ indices: V });
  const encoder = new u.LSTM(6, 4, { bidirectional: true }).apply(new u.Embedding(12, 6).apply(source));
  const decoder = new u.LSTM(5, 8).apply(new u.Embedding(V, 5).apply(target), {
    h0: encoder.hN,
    c0: encoder.cN,
  });
  const context = new u.Attention({ kind: 'dot' }).apply(decoder.output, encoder.output);
  const next = new u.Linear(16, V).apply(new u.Concat().apply(decoder.output, context));
  return new u.Model({ inputs: { source, target }, outputs: { next } }, { seed });
}

const random = generator(8);
const S = 7;
const given = {
  source: { data: indices(random, S * B, 12), shape: [S, B] },
  target: { data: indices(random, T * B, V), shape: [T, B] },
};
const lengths = { source: [3, 7, 5], target: [8, 2, 9] };

/** The steps of one row. */
function row({ data, shape }: { data: Int32Array; shape: number[] }, b: number, length: number) {
  return { data: Int32Array.from({ length }, (_, t) => data[t * shape[1]! + b]!), shape: [length, 1] };
}

describe('two inputs of one time axis', () => {
  const made = () => {
    const a = u.input({ features: 2 });
    const b = u.input({ features: 3 }, a);
    return new u.Model({ inputs: { a, b }, outputs: new u.GRU(5, 4).apply(new u.Concat().apply(a, b)) });
  };
  const next = generator(4);
  const given = {
    a: { data: uniform(next, 6 * 3 * 2), shape: [6, 3, 2] },
    b: { data: uniform(next, 6 * 3 * 3), shape: [6, 3, 3] },
  };

  test('have lengths of one of them, or the same for both', () => {
    const model = made();
    const one = model.forward(given, { lengths: { b: [2, 6, 4] } });
    const both = { a: Int32Array.of(2, 6, 4), b: [2, 6, 4] };
    expect(model.forward(given, { lengths: both })).toEqual(one);
  });

  test.each([
    ['other lengths', { lengths: { a: [2, 6, 4], b: [2, 6, 5] } }, 'lengths.b'],
    ['fewer lengths', { lengths: { a: [2, 6, 4], b: [2, 6] } }, 'lengths.b'],
    [
      'masks without a length',
      { mask: { a: { data: [1], shape: [6, 3] }, b: { data: [0], shape: [6, 3] } } },
      'mask.b',
    ],
  ])('refuse %s', (_, options, argument) => {
    expect(() => made().forward(given, options as never)).toThrow(expect.objectContaining({ argument }));
  });
});

describe('an encoder and a decoder with lengths of opposite orders', () => {
  test('each row has the bits that it has alone', () => {
    const model = translator();
    const { next } = model.forward(given, { lengths });
    for (let b = 0; b < B; b++) {
      const [s, t] = [lengths.source[b]!, lengths.target[b]!];
      const alone = model.forward({ source: row(given.source, b, s), target: row(given.target, b, t) }).next;
      for (let step = 0; step < t; step++) {
        const from = (step * B + b) * V;
        const wanted = alone.data.subarray(step * V, (step + 1) * V);
        expect([...next.data.subarray(from, from + V)]).toEqual([...wanted]);
      }
    }
  });

  test('a stream with the source given has the bits of forward', () => {
    const model = translator();
    const { next } = model.forward(given, { lengths });
    const stream = model.stream({ given: { source: given.source }, lengths: { source: lengths.source } });
    const check = (t: number, step: Float32Array, rows: readonly number[]) => {
      for (const b of rows) {
        if (t >= lengths.target[b]!) continue;
        const from = (t * B + b) * V;
        expect([...step.subarray(b * V, (b + 1) * V)]).toEqual([...next.data.subarray(from, from + V)]);
      }
    };
    const at = (t: number) => given.target.data.subarray(t * B, (t + 1) * B);
    let fork: ReturnType<typeof stream.fork> | undefined;
    for (let t = 0; t < T; t++) {
      if (t === 4) fork = stream.fork();
      check(t, stream.step(at(t)), [0, 1, 2]);
      if (fork) check(t, fork.step(at(t)), [0, 1, 2]);
    }
    stream.reset();
    check(0, stream.step(at(0)), [0, 1, 2]);
    stream.reset(1);
    check(0, stream.step(at(0)), [1]);
    const { states } = stream.snapshot();
    expect(Object.keys(states)).toEqual(['3.h_l0', '3.c_l0']);
  });

  test('learns, and a checkpoint goes on with the same bits', () => {
    const model = translator();
    const options = () => ({ loss: { next: u.crossEntropy }, optimizer: new u.AdamW({ lr: 1e-2 }) });
    const trainer = new u.Trainer(model, options());
    const y = { next: { data: indices(generator(3), T * B, V), shape: [T, B] } };
    const first = trainer.step(given, y, { lengths }).loss;
    for (let i = 0; i < 80; i++) trainer.step(given, y, { lengths });
    expect(trainer.evaluate(given, y, { lengths }).loss).toBeLessThan(first / 4);
    const file = trainer.save();
    const loaded = u.Model.load(file);
    expect(loaded.forward(given, { lengths })).toEqual(model.forward(given, { lengths }));
    const again = new u.Trainer(loaded, options());
    again.restore(file);
    expect(again.step(given, y, { lengths })).toEqual(trainer.step(given, y, { lengths }));
    expect(() => u.Sequential.load(file)).toThrow(/Model\.load/);
  });
});

test('Flatten of a time axis without lengths, where another has some', () => {
  const a = u.input({ features: 2 });
  const b = u.input({ features: 3 });
  const joined = new u.Concat().apply(new u.Flatten({ steps: 2 }).apply(a), new u.GRU(3, 4).apply(b).hN);
  const model = new u.Model({ inputs: { a, b }, outputs: new u.Linear(8, 2).apply(joined) }, { seed: 3 });
  const next = generator(5);
  const x = {
    a: { data: uniform(next, 2 * 3 * 2), shape: [2, 3, 2] },
    b: { data: uniform(next, 5 * 3 * 3), shape: [5, 3, 3] },
  };
  const lengthsOfB = [2, 5, 3];
  const all = model.forward(x, { lengths: { b: lengthsOfB } });
  const part = (
    { data, shape: [, , F] }: { data: Float64Array; shape: number[] },
    row: number,
    T: number,
  ) => ({
    data: Float64Array.from(
      { length: T * F! },
      (_, i) => data[(Math.floor(i / F!) * 3 + row) * F! + (i % F!)]!,
    ),
    shape: [T, 1, F!],
  });
  for (const [row, length] of lengthsOfB.entries()) {
    const alone = model.forward({ a: part(x.a, row, 2), b: part(x.b, row, length) });
    expect([...all.data.subarray(2 * row, 2 * row + 2)]).toEqual([...alone.data]);
  }
  expect(() => model.forward(x, { lengths: { a: [2, 1, 2], b: lengthsOfB } })).toThrow(/lengths.*Flatten/);
});

describe('layers behind RepeatVector(n)', () => {
  const next = generator(6);
  const x = { data: uniform(next, 5 * 4 * 2), shape: [5, 4, 2] };
  const lengths = [2, 5, 1, 3];
  const forward = (layers: readonly Applied[], opts: object) => {
    const inputs = u.input({ features: 2 });
    const repeated = new u.RepeatVector(3).apply(new u.GRU(2, 4).apply(inputs).hN);
    const outputs = layers.reduce((node, layer) => layer.apply(node), repeated);
    return [...new u.Model({ inputs, outputs }, { seed: 2 }).forward(x, opts).data];
  };

  test.each([{}, { lengths }])(
    'all steps are the same, so are their reversal, last step and maximum: %j',
    (opts) => {
      const repeated = forward([], opts);
      expect(forward([new u.Reverse()], opts)).toEqual(repeated);
      expect(forward([new u.MaxPool1d(3, { stride: 1, padding: 1 })], opts)).toEqual(repeated);
      const vector = repeated.slice(0, 4 * 4);
      expect(forward([new u.LastStep()], opts)).toEqual(vector);
      expect(forward([new u.MaxPool1d(2), new u.LastStep()], opts)).toEqual(vector);
      expect(forward([new u.Pool({ kind: 'max' })], opts)).toEqual(vector);
    },
  );
});

test('a join of vectors has the same loss in any order, where a row has no steps', () => {
  const next = generator(7);
  const x = {
    a: { data: uniform(next, 3 * 4 * 2), shape: [3, 4, 2] },
    v: { data: uniform(next, 4 * 5), shape: [4, 5] },
  };
  const y = { data: uniform(next, 4 * 5), shape: [4, 5] };
  const lengths = { a: [3, 0, 2, 0] };
  const [first, second] = [false, true].map((swapped) => {
    const [a, v] = [u.input({ features: 2 }), u.input({ features: 5, steps: false })];
    const last = new u.GRU(2, 5).apply(a).hN;
    const outputs = swapped ? new u.Add().apply(v, last) : new u.Add().apply(last, v);
    const model = new u.Model({ inputs: { a, v }, outputs }, { seed: 4 });
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW() });
    const { data } = model.forward(x, { lengths });
    const { loss } = trainer.evaluate(x, y, { lengths });
    // v has values in all rows
    const all = data.reduce((sum, value, i) => sum + (value - y.data[i]!) ** 2, 0);
    expect(loss).toBeCloseTo(all / data.length, 5);
    return trainer.gradients(x, y, { lengths });
  });
  expect(second!.loss).toBeCloseTo(first!.loss, 6);
  for (const [i, g] of first!.gradients.entries()) expect(second!.gradients[i]).toBeCloseTo(g, 6);
});

describe('several losses', () => {
  test('their weighted sum, and its gradient', () => {
    const make = () => {
      const x = u.input({ features: 4 });
      const hidden = new u.GRU(4, 5).apply(x);
      const outputs = { label: new u.Linear(5, 3).apply(hidden), value: new u.Linear(5, 2).apply(hidden.hN) };
      return new u.Model({ inputs: x, outputs }, { seed: 2 });
    };
    const x = { data: uniform(generator(1), 6 * 2 * 4), shape: [6, 2, 4] };
    const label = { data: indices(generator(2), 12, 3), shape: [6, 2] };
    const value = { data: uniform(generator(3), 4), shape: [2, 2] };
    const step = (label_: number, value_: number) => {
      const model = make();
      const trainer = new u.Trainer(model, {
        loss: { label: u.crossEntropy, value: u.mse },
        lossWeights: { label: label_, value: value_ },
        optimizer: new u.AdamW({ lr: 0 }),
      });
      const { loss } = trainer.step(x, { label, value });
      return { loss, gradients: Object.values(model.gradients()).map(({ data }) => [...data]) };
    };
    const both = step(1, 1);
    const more = step(1, 3);
    const double = step(2, 2);
    expect(double.loss).toBeCloseTo(2 * both.loss, 10);
    const value_ = (more.loss - both.loss) / 2;
    expect(value_).toBeGreaterThan(0);
    for (const [p, list] of both.gradients.entries()) {
      for (const [i, g] of list.entries()) expect(double.gradients[p]![i]).toBeCloseTo(2 * g, 5);
    }
  });
});

test('adding an output renames nothing', () => {
  const build = (more: boolean) => {
    const x = u.input({ features: 4 });
    const hidden = new u.GRU(4, 5).apply(x);
    const first = new u.Linear(5, 3).apply(hidden);
    const other = more ? { other: new u.Linear(5, 2).apply(hidden.hN) } : {};
    return Object.keys(new u.Model({ inputs: { x }, outputs: { first, ...other } }).stateDict());
  };
  expect(build(true).slice(0, build(false).length)).toEqual(build(false));
});

test('beam search with the source given finds what a stream finds', () => {
  const model = translator(6);
  const source = row(given.source, 1, 6);
  const start = [2];
  const [greedy] = u.beamSearch(model, { given: { source }, start, length: 6, beams: 1 });
  const stream = model.stream({ given: { source } });
  const found: number[] = [];
  let logProbability = 0;
  for (let at = start[0]!; found.length < 6; found.push(at)) {
    stream.step(at);
    at = stream.sample(new u.Generator(1), 0);
    logProbability += Math.log(stream.probabilities()[at]!);
  }
  expect(greedy!.indices).toEqual(found);
  expect(greedy!.logProbability).toBeCloseTo(logProbability, 4);
  // sequences that end early leave fewer rows than the pool has
  const beams = u.beamSearch(model, { given: { source }, start, length: 6, beams: 4, end: found[1]! });
  for (const { indices: list, logProbability: wanted } of beams) {
    const other = model.stream({ given: { source } });
    let sum = 0;
    for (const [i, at] of [start[0]!, ...list].entries()) {
      if (i > 0) sum += Math.log(other.probabilities()[at]!);
      if (i < list.length) other.step(at);
    }
    expect(wanted).toBeCloseTo(sum, 4);
    other.dispose();
  }
});
