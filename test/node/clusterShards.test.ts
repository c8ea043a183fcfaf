import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { B, chain, type Made, type Options, sequence, sharing, single, T, V } from './cluster/sharing.ts';

/** A loss that writes down the bits of the outputs, by the target, which is the number of the row. */
function writing(into: Map<number, string>): u.CustomLoss {
  return {
    name: 'written',
    targets: 'features',
    evaluate(output, target, gradient) {
      const { length } = target;
      const width = length / new Set(target).size;
      let sum = 0;
      for (let i = 0; i < length; i += width)
        into.set(target[i]!, [...new Uint32Array(output.slice(i, i + width).buffer)].join(' '));
      for (let i = 0; i < length; i++) {
        sum += output[i]! ** 2;
        if (gradient) gradient[i] = 2 * output[i]!;
      }
      return sum;
    },
  };
}

/** Layers behind 3 features that draw: how many outputs they have, and, if not T, of how many steps. */
const DRAWING: Record<string, readonly [layers: () => readonly unknown[], width: number, steps?: number]> = {
  Dropout: [() => [new u.Linear(3, 4), new u.Dropout(0.4)], 4],
  Dropout1d: [() => [new u.Linear(3, 4), new u.Dropout1d(0.4)], 4],
  'dropout between stacked layers': [() => [new u.LSTM(3, 4, { numLayers: 3, dropout: 0.3 })], 4],
  inputDropout: [() => [new u.GRU(3, 4, { inputDropout: 0.4 })], 4],
  'recurrentDropout of an LSTM': [() => [new u.LSTM(3, 4, { recurrentDropout: 0.4 })], 4],
  'recurrentDropout of a GRU': [() => [new u.GRU(3, 4, { recurrentDropout: 0.4 })], 4],
  'recurrentDropout of an RNN': [() => [new u.RNN(3, 5, { recurrentDropout: 0.4 })], 5],
  'zoneout of h and c': [() => [new u.LSTM(3, 5, { zoneout: { h: 0.3, c: 0.4 } })], 5],
  'all at once, in both directions': [
    () => {
      const noise = { dropout: 0.2, inputDropout: 0.1, recurrentDropout: 0.2, zoneout: 0.2 };
      return [new u.LSTM(3, 5, { bidirectional: true, numLayers: 2, ...noise })];
    },
    10,
  ],
  'behind LastStep': [() => [new u.GRU(3, 4), new u.LastStep(), new u.Dropout(0.4)], 4, 1],
  'behind fewer steps': [
    () => [new u.Conv1d(3, 4, 2, { stride: 2, padding: 'causal' }), new u.Dropout(0.4)],
    4,
    4,
  ],
};

const LENGTHS = Array.from({ length: B }, (_, b) => (b * 3) % (T + 1));
const MASK = Uint8Array.from({ length: T * B }, (_, i) => ((i * 5) % 7 === 0 || i % B === 4 ? 0 : 1));

/** Targets that tell the row that they are of. */
const numbered = (width: number, steps: number) => ({
  data: Float32Array.from({ length: steps * B * width }, (_, i) => Math.floor(i / width)),
  shape: [steps, B, width],
});

/** What the first of two steps put out, what both gave, and the generator after them. */
async function seenBy(
  make: () => Made,
  x: unknown,
  y: unknown,
  given: object,
  shards?: number,
  lossOf: (into: Map<number, string>) => Options['loss'] = writing,
) {
  const outputs = new Map<number, string>();
  const options = () => ({ loss: lossOf(outputs), optimizer: new u.SGD({ lr: 0.05 }) });
  const { step, trainer } = shards ? sharing(make, options, shards) : single(make, options);
  const results = [await step(x, y, given)];
  const first = new Map(outputs);
  results.push(await step(x, y, given));
  return { first, results, generator: trainer.generator };
}

describe('random numbers of shards', () => {
  beforeAll(() => u.init({ kernels: 'simd' }));

  const cases = Object.entries(DRAWING).flatMap(([name, [layers, width, steps = T]]) =>
    [{}, { lengths: LENGTHS }, { mask: MASK }].map((given) => ({ name, layers, width, steps, given })),
  );
  test.each(cases)('$name, $given: those of the whole batch', async ({ layers, width, steps, given }) => {
    const make = () => chain(...layers());
    const [x, y] = [sequence(3, 1), numbered(width, steps)];
    const whole = await seenBy(make, x, y, given);
    expect(new Set(whole.first.values()).size).toBeGreaterThan(3);
    for (const shards of 'lengths' in given ? [1, 2, 4] : [3])
      expectAlike(await seenBy(make, x, y, given, shards), whole);
  });
});

type Seen = Awaited<ReturnType<typeof seenBy>>;

/** The same bits of all outputs, and what differs in rounding. */
function expectAlike(shared: Seen, whole: Seen): void {
  expect(shared.first).toEqual(whole.first);
  for (const [i, { loss, gradNorm }] of shared.results.entries()) {
    expect(loss).toBeCloseTo(whole.results[i]!.loss, 5);
    expect(gradNorm).toBeCloseTo(whole.results[i]!.gradNorm, 4);
  }
  expect(shared.generator).toEqual(whole.generator);
}

describe('graphs in shards', () => {
  beforeAll(() => u.init({ kernels: 'simd' }));

  /** Two time axes, noise on each, on steps of fewer, on final states and on vectors. */
  function make(): u.Model {
    const [source, target] = [u.input({ indices: V, maskValue: 0 }), u.input({ features: 2 })];
    const fact = u.input({ features: 3, steps: false });
    const embedded = new u.Dropout1d(0.2).apply(new u.Embedding(V, 4).apply(source));
    const encoder = new u.LSTM(4, 5, { recurrentDropout: 0.3, zoneout: 0.2 }).apply(embedded);
    const fewer = new u.Dropout(0.3).apply(
      new u.Conv1d(5, 5, 2, { padding: 'causal', stride: 2 }).apply(encoder.output),
    );
    const vector = new u.Dropout(0.3).apply(new u.Linear(3, 5).apply(fact));
    const h0 = new u.Dropout(0.3).apply(new u.Add().apply(encoder.hN, vector));
    const decoder = new u.GRU(2, 5, { inputDropout: 0.3 }).apply(target, { h0 });
    const context = new u.Attention({ kind: 'dot' }).apply(decoder.output, fewer);
    const out = new u.Dropout(0.2).apply(new u.Concat().apply(decoder.output, context));
    return new u.Model(
      { inputs: { source, target, fact }, outputs: { steps: out, last: new u.Dropout(0.3).apply(h0) } },
      { seed: 1 },
    );
  }
  const S = 5;
  const fact = { data: Float32Array.from({ length: B * 3 }, (_, i) => Math.cos(i)), shape: [B, 3] };
  const y = {
    steps: numbered(10, S),
    last: { data: Float32Array.from({ length: B * 5 }, (_, i) => 1000 + Math.floor(i / 5)), shape: [B, 5] },
  };
  // excluded steps: of most rows, or of none that the last shards have
  const indices = (rows: number) => ({
    data: Int32Array.from({ length: T * B }, (_, i) =>
      i % B < rows && (i * 3) % 7 === 0 ? 0 : 1 + (i % (V - 1)),
    ),
    shape: [T, B],
  });

  test.each([
    ['all steps', 0, {}],
    ['excluded steps', B, {}],
    ['excluded steps in some shards', 3, {}],
    [
      'lengths',
      0,
      { lengths: { source: LENGTHS.map((n) => n || 2), target: LENGTHS.map((n) => 1 + (n % S)) } },
    ],
  ])('%s', async (_, rows, given) => {
    const x = { source: indices(rows), target: sequence(2, 3, S), fact };
    const seen = (shards?: number) =>
      seenBy(make, x, y, given, shards, (into) => ({ steps: writing(into), last: writing(into) }));
    const whole = await seen();
    for (const shards of [1, 3, 5]) expectAlike(await seen(shards), whole);
  });
});
