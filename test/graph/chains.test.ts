import * as u from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';
import { Draw, expectSameArray, expectSameDict } from '../model/helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const [T, B, V] = [8, 3, 7];
const LENGTHS = [5, 8, 6];

/** The same layers as a `Sequential`, as a `Model`, and as a `Model` whose output has a name. */
function three(from: () => u.GraphNode, layers: () => u.Layer[]) {
  const node = (made: u.Layer[], x: u.GraphNode) =>
    (made as (u.Layer & { apply(node: u.GraphNode): u.GraphNode })[]).reduce(
      (value, one) => one.apply(value),
      x,
    );
  const [a, b] = [from(), from()];
  return [
    new u.Sequential(layers(), { seed: 5 }),
    new u.Model({ inputs: a, outputs: node(layers(), a) }, { seed: 5 }),
    new u.Model({ inputs: { x: b }, outputs: { y: node(layers(), b) } }, { seed: 5 }),
  ] as const;
}

const language = () => [
  new u.Embedding(V, 4),
  new u.LSTM(4, 5, { numLayers: 2 }),
  new u.GRU(5, 6),
  new u.Linear(6, V),
];
const marks = Float32Array.from({ length: T * B }, (_, i) => (i % 4 === 1 ? 0 : 1 + (i % 3)));
const mask = Uint8Array.from({ length: T * B }, (_, i) => (i % 5 === 2 ? 0 : 1));

const STATES = {
  '1.c_l0': new Float32Array(5 * B).fill(0.3),
  '1.h_l1': new Draw(2).features(1, 1, B, 5).data,
  '2.h_l0': { data: new Draw(4).features(1, 1, B, 6).data, shape: [B, 6] },
};

const trainers: readonly (readonly [string, Partial<u.TrainerOptions>, object])[] = [
  ['nothing else', {}, {}],
  ['lengths', {}, { lengths: LENGTHS }],
  ['a mask', {}, { mask }],
  ['weights of targets', {}, { weights: marks }],
  ['warmup', { warmup: 2 }, {}],
  ['warmup and lengths', { warmup: 2 }, { lengths: LENGTHS }],
  ['warmup of a step', {}, { warmup: 3 }],
  ['frozen lower layers', { frozen: ['0', '1'] }, {}],
  ['a frozen layer in between', { frozen: ['2'] }, { lengths: LENGTHS }],
  ['all but the table frozen', { frozen: [/^[123]/] }, {}],
  ['groups', { groups: [{ match: '3', lr: 0.05, weightDecay: 0 }] }, {}],
  ['accumulated gradients and averages', { accumulate: 2, averages: 0.9 }, { lengths: LENGTHS }],
  ['carried states', { carryState: true }, {}],
  ['carried states and lengths', { carryState: true }, { lengths: LENGTHS }],
  ['given states', {}, { states: STATES }],
  ['given states and lengths', {}, { states: STATES, lengths: LENGTHS }],
  ['given states among carried ones', { carryState: true }, { states: STATES }],
  ['truncation', { truncation: { k1: 2, k2: 4 } }, {}],
  ['truncation and weights', { truncation: { k1: 2, k2: 4 } }, { weights: marks }],
  ['a memory budget', { memoryBudget: 9000 }, {}],
];

test.each(trainers)('a chain trains as a Sequential does, to the bit: %s', (_, opts, stepOptions) => {
  const models = three(() => u.input({ indices: V }), language);
  const [sequential, chain, named] = models;
  const options = () => ({ optimizer: new u.AdamW({ lr: 0.02 }), clipNorm: 1, ...opts });
  const a = new u.Trainer(sequential, { loss: u.crossEntropy, ...options() });
  const b = new u.Trainer(chain, { loss: u.crossEntropy, ...options() });
  const c = new u.Trainer(named, { loss: { y: u.crossEntropy }, ...options() });
  for (const model of opts.memoryBudget ? [sequential, chain] : [])
    expect(model.plan({ steps: T, batch: B }).checkpoints!.segments).toBeGreaterThan(1);
  const draw = new Draw(3);
  const step = { lengths: undefined, mask: undefined, ...stepOptions };
  const byName = {
    ...stepOptions,
    ...(step.lengths ? { lengths: { x: step.lengths } } : {}),
    ...(step.mask ? { mask: { x: step.mask } } : {}),
  };
  for (let i = 0; i < 4; i++) {
    const [x, y] = [draw.indices(V, T, B), draw.indices(V, T, B)];
    const wanted = a.step(x, y, stepOptions);
    expect(Number.isFinite(wanted.loss)).toBe(true);
    expect(b.step(x, y, stepOptions)).toEqual(wanted);
    expect(c.step({ x }, { y }, byName)).toEqual(wanted);
    if (opts.truncation || opts.memoryBudget) continue;
    const carry = { carry: true };
    const evaluated = a.evaluate(x, y, { ...stepOptions, ...carry });
    expect(b.evaluate(x, y, { ...stepOptions, ...carry })).toEqual(evaluated);
    expect(c.evaluate({ x }, { y }, { ...byName, ...carry })).toEqual(evaluated);
  }
  for (const model of [chain, named]) expectSameDict(model.stateDict(), sequential.stateDict());
  if (!opts.averages) return;
  for (const trainer of [a, b]) trainer.swapAverages();
  expectSameDict(chain.stateDict(), sequential.stateDict(), 'averages');
});

const F = 4;
const layers: readonly (readonly [string, () => u.Layer[], boolean])[] = [
  [
    'Conv1d, same',
    () => [new u.Conv1d(F, 5, 3, { padding: 'same', activation: 'tanh' }), new u.GRU(5, 3)],
    true,
  ],
  [
    'Conv1d, causal',
    () => [new u.Conv1d(F, 5, 3, { padding: 'causal', dilation: 2 }), new u.LSTM(5, 3)],
    true,
  ],
  ['Conv1d, stride 2', () => [new u.Conv1d(F, 5, 3, { stride: 2 }), new u.GRU(5, 3)], true],
  [
    'two strides',
    () => [new u.Conv1d(F, 5, 3, { stride: 2, padding: 'same' }), new u.MaxPool1d(2), new u.GRU(5, 3)],
    true,
  ],
  [
    'MaxPool1d',
    () => [new u.Linear(F, 5), new u.MaxPool1d(2), new u.LSTM(5, 3, { bidirectional: true })],
    true,
  ],
  ['Pool, mean', () => [new u.GRU(F, 5), new u.Pool({ kind: 'mean' }), new u.Linear(5, 3)], true],
  ['Pool, max, of strides', () => [new u.Conv1d(F, 5, 2, { stride: 2 }), new u.Pool({ kind: 'max' })], true],
  ['Flatten', () => [new u.GRU(F, 5), new u.Flatten({ steps: T }), new u.Linear(5 * T, 3)], false],
  ['Reverse', () => [new u.Reverse(), new u.GRU(F, 5), new u.Reverse(), new u.Linear(5, 3)], true],
  ['BatchNorm', () => [new u.Linear(F, 5), new u.BatchNorm(5), new u.GRU(5, 3)], true],
  [
    'BatchNorm of vectors',
    () => [new u.GRU(F, 5), new u.LastStep(), new u.BatchNorm(5), new u.Linear(5, 3)],
    true,
  ],
  ['LayerNorm', () => [new u.LayerNorm(F), new u.GRU(F, 3)], true],
];

describe.each(layers)('in a Model as in a Sequential, to the bit: %s', (_, make, hasLengths) => {
  const all = [undefined, ...(hasLengths ? [LENGTHS] : [])];

  test.each(all.map((lengths) => [lengths]))('lengths %j', (lengths) => {
    const [sequential, chain, named] = three(() => u.input({ features: F }), make);
    const opts = lengths ? { lengths } : {};
    const byName = lengths ? { lengths: { x: lengths } } : {};
    const draw = new Draw(9);
    const x = draw.features(1, T, B, F);
    const wanted = sequential.forward(x, opts);
    const isVector = chain.forward(x, opts).shape.length === 2;
    const whole = ({ data }: { data: Float32Array }) => ({
      data: Float32Array.from(data),
      shape: wanted.shape,
    });
    expectSameArray(whole(chain.forward(x, opts)), wanted, 'output');
    expectSameArray(whole(named.forward({ x }, byName).y), wanted, 'output');
    const gradient = draw.features(1, ...wanted.shape);
    const dy = isVector ? { ...gradient, shape: wanted.shape.slice(1) } : gradient;
    sequential.forward(x, { ...opts, training: true });
    chain.forward(x, { ...opts, training: true });
    named.forward({ x }, { ...byName, training: true });
    const dx = sequential.backward(gradient);
    expectSameArray(chain.backward(dy), dx, 'dx');
    expectSameArray(named.backward({ y: dy }).x, dx, 'dx');
    expectSameDict(chain.gradients(), sequential.gradients());
    const target = draw.features(1, ...wanted.shape);
    const ys = isVector ? { ...target, shape: wanted.shape.slice(1) } : target;
    const a = new u.Trainer(sequential, { loss: u.mse, optimizer: new u.AdamW() });
    const b = new u.Trainer(chain, { loss: u.mse, optimizer: new u.AdamW() });
    const c = new u.Trainer(named, { loss: { y: u.mse }, optimizer: new u.AdamW() });
    for (let i = 0; i < 3; i++) {
      const result = a.step(x, target, opts);
      expect(b.step(x, ys, opts)).toEqual(result);
      expect(c.step({ x }, { y: ys }, byName)).toEqual(result);
    }
    expect(b.evaluate(x, ys, opts)).toEqual(a.evaluate(x, target, opts));
    for (const model of [chain, named]) expectSameDict(model.stateDict(), sequential.stateDict());
  });
});

test('BatchNorm behind last steps takes the statistics of rows that have steps', () => {
  const layers = () => [new u.GRU(F, 5), new u.LastStep(), new u.BatchNorm(5), new u.Linear(5, 3)];
  const draw = new Draw(14);
  const [all, two] = [draw.features(1, T, 3, F), { data: new Float32Array(T * 2 * F), shape: [T, 2, F] }];
  for (let i = 0; i < two.data.length; i++)
    two.data[i] = all.data[Math.floor(i / (2 * F)) * 3 * F + F + (i % (2 * F))]!;
  const target = draw.features(1, 1, 3, 3);
  const rest = { data: target.data.slice(3), shape: [1, 2, 3] };
  const vector = ({ data, shape }: typeof target) => ({ data, shape: shape.slice(1) });
  const [sequential, chain] = three(() => u.input({ features: F }), layers);
  const [wanted] = three(() => u.input({ features: F }), layers);
  const step = (model: u.Sequential | u.Model, ...args: Parameters<u.Trainer['step']>) =>
    new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW() }).step(...args);
  const { loss, gradNorm } = step(wanted, two, rest, { lengths: [8, 3] });
  const lengths = [0, 8, 3];
  for (const result of [
    step(sequential, all, target, { lengths }),
    step(chain as u.Model, all, vector(target), { lengths }),
  ]) {
    expect(result.loss).toBeCloseTo(loss, 5);
    expect(result.gradNorm).toBeCloseTo(gradNorm, 4);
  }
  const [mean, variance] = ['2.running_mean', '2.running_var'];
  for (const name of [mean!, variance!]) {
    const { data } = wanted.stateDict()[name]!;
    for (const model of [sequential, chain])
      for (const [i, v] of data.entries()) expect(model.stateDict()[name]!.data[i]).toBeCloseTo(v, 5);
  }
});
