import {
  AdamW,
  Add,
  Concat,
  crossEntropy,
  Embedding,
  GRU,
  type GraphNode,
  init,
  input,
  LastStep,
  Linear,
  LSTM,
  Model,
  mse,
  Sequential,
  Trainer,
} from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';

beforeAll(() => init({ kernels: 'simd' }));

const x = () => input({ features: 4 });

const cases: readonly (readonly [string, () => unknown, string, RegExp])[] = [
  ['neither features nor indices', () => input({}), 'input', /one of features and indices/],
  ['both', () => input({ features: 2, indices: 2 }), 'input', /one of features and indices/],
  ['no features', () => input({ features: 0 }), 'features', /at least 1/],
  ['not a node', () => new Linear(4, 3).apply({} as never), 'node', /a node/],
  ['another number of features', () => new Linear(5, 3).apply(x()), 'node (input of Linear)', /5 features/],
  [
    'indices for features',
    () => new Linear(5, 3).apply(input({ indices: 5 })),
    'node (input of Linear)',
    /features/,
  ],
  ['features for indices', () => new Embedding(9, 3).apply(x()), 'node (input of Embedding)', /indices/],
  [
    'a larger vocabulary',
    () => new Embedding(9, 3).apply(input({ indices: 10 })),
    'node (input of Embedding)',
    /9 indices/,
  ],
  [
    'the last step of a vector',
    () => new LastStep().apply(input({ features: 4, steps: false })),
    'node (input of LastStep)',
    /a sequence/,
  ],
  [
    'a state that is a sequence',
    () => new GRU(4, 5).apply(x(), { h0: new Linear(4, 5).apply(x()) }),
    'h0',
    /vector/,
  ],
  [
    'a state of another size',
    () => new GRU(4, 5).apply(x(), { h0: input({ features: 4, steps: false }) }),
    'h0',
    /5 features/,
  ],
  [
    'a state that the layer lacks',
    () => new GRU(4, 5).apply(x(), { c0: input({ features: 5, steps: false }) } as never),
    'GRU.apply: c0',
    /unknown/,
  ],
  [
    'an input that is not listed',
    () => new Model({ inputs: x(), outputs: new Linear(4, 2).apply(x()) }),
    'inputs',
    /all inputs/,
  ],
  [
    'an input that no output depends on',
    () => {
      const a = x();
      return new Model({ inputs: { a, b: x() }, outputs: new Linear(4, 2).apply(a) });
    },
    'inputs.b',
    /depends on/,
  ],
  [
    'a node of a layer as input',
    () => {
      const node = new Linear(4, 4).apply(x());
      return new Model({ inputs: node, outputs: new Linear(4, 2).apply(node) });
    },
    'inputs',
    /input\(\)/,
  ],
  [
    'an input as output',
    () => {
      const a = x();
      return new Model({ inputs: a, outputs: { a, b: new Linear(4, 2).apply(a) } });
    },
    'outputs.a',
    /output of a layer/,
  ],
  ['no outputs', () => new Model({ inputs: x(), outputs: {} }), 'outputs', /object of nodes/],
  [
    'outputs that are not nodes',
    () => new Model({ inputs: x(), outputs: { a: 1 as never } }),
    'outputs.a',
    /a node/,
  ],
  [
    'the same node twice',
    () => {
      const a = x();
      const b = new Linear(4, 2).apply(a);
      return new Model({ inputs: a, outputs: { b, c: b } });
    },
    'outputs.c',
    /once/,
  ],
  [
    'a cycle',
    () => {
      const a = x();
      const b = new Linear(4, 4).apply(a) as unknown as { origin: { use: { inputs: GraphNode[] } } };
      const c = new Linear(4, 4).apply(b as unknown as GraphNode);
      b.origin.use.inputs[0] = c;
      return new Model({ inputs: a, outputs: c });
    },
    'outputs',
    /cycle/,
  ],
  ['sequences on two time axes', () => new Add().apply(x(), x()), '', /axis|axes/],
];

test.each(cases)('%s', (_, call, argument, words) => {
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ message: expect.stringMatching(words) });
  if (argument) expect(error).toMatchObject({ argument });
  expect((error as Error).message.length).toBeLessThanOrEqual(400);
});

test('a layer of another model', () => {
  const layer = new Linear(4, 2);
  const a = x();
  const node = layer.apply(a);
  new Model({ inputs: a, outputs: node });
  expect(() => new Model({ inputs: a, outputs: node })).toThrow(/part of another model/);
  expect(() => new Sequential([layer])).toThrow(/part of another model/);
});

describe('calls', () => {
  const build = () => {
    const [a, b] = [x(), x()];
    const of = new GRU(4, 3).apply(a);
    const to = new GRU(4, 3).apply(b, { h0: of.hN });
    return new Model({ inputs: { a, b }, outputs: { y: new Concat().apply(to, to) } }, { seed: 1 });
  };
  const zeros = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((p, q) => p * q)), shape });
  const good = { a: zeros(3, 2, 4), b: zeros(5, 2, 4) };

  test.each<[string, unknown, object, string]>([
    ['an array', zeros(3, 2, 4).data, {}, 'x'],
    ['a missing name', { a: good.a }, {}, 'x.b'],
    ['an unknown name', { ...good, c: good.a }, {}, 'x.c'],
    ['another batch', { ...good, b: zeros(5, 3, 4) }, {}, 'x.b'],
    ['another number of features', { ...good, b: zeros(5, 2, 3) }, {}, 'x.b'],
    ['lengths without a name', good, { lengths: [1, 2] }, 'lengths'],
    ['lengths of an unknown input', good, { lengths: { c: [1, 2] } }, 'lengths.c'],
    ['a length of 0', good, { lengths: { a: [0, 2] } }, 'lengths.a'],
    ['a length beyond the steps', good, { lengths: { b: [6, 2] } }, 'lengths.b[0]'],
    ['a length that is no integer', good, { lengths: { a: [3, 1.5] } }, 'lengths.a[1]'],
    ['too few lengths', good, { lengths: { b: [5] } }, 'lengths.b'],
    ['a mark of 2', good, { mask: { a: [1, 1, 1, 2, 1, 1] } }, 'mask.a[3]'],
    ['too few marks', good, { mask: { a: [1] } }, 'mask.a'],
    ['a row without marks', good, { mask: { a: [1, 0, 1, 0, 1, 0] } }, 'mask.a'],
  ])('forward: %s', (_, given, opts, argument) => {
    const model = build();
    expect(() => model.forward(given as never, opts)).toThrow(expect.objectContaining({ argument }));
    expect(model.forward(good).y.shape).toEqual([5, 2, 6]);
  });

  test.each<[string, object, string]>([
    ['one loss for named outputs', { loss: mse }, 'loss'],
    ['a loss of an unknown output', { loss: { z: mse } }, 'loss.z'],
    ['a weight of 0', { loss: { y: mse }, lossWeights: { y: 0 } }, 'lossWeights.y'],
    ['weights without names', { loss: mse, lossWeights: { y: 1 } }, 'lossWeights'],
    ['carried states of two time axes', { loss: { y: mse }, carryState: true }, 'carryState'],
    ['a memory budget', { loss: { y: mse }, memoryBudget: 1e6 }, 'memoryBudget'],
    ['truncation', { loss: { y: mse }, truncation: { k1: 1, k2: 1 } }, 'truncation'],
  ])('Trainer: %s', (_, opts, argument) => {
    const model = build();
    const make = (given: object) => new Trainer(model, { optimizer: new AdamW(), ...given } as never);
    expect(() => make(opts)).toThrow(expect.objectContaining({ argument }));
    const trainer = make({ loss: { y: mse } });
    expect(() => trainer.step(good, { z: zeros(5, 2, 6) })).toThrow(
      expect.objectContaining({ argument: 'y.z' }),
    );
    expect(() => trainer.step(good, { y: zeros(3, 2, 6) })).toThrow(
      expect.objectContaining({ argument: 'y.y' }),
    );
    expect(() => trainer.flow(good, { y: zeros(5, 2, 6) })).toThrow(
      expect.objectContaining({ argument: 'flow' }),
    );
    expect(trainer.steps).toBe(0);
    expect(trainer.step(good, { y: zeros(5, 2, 6) }).loss).toBeGreaterThanOrEqual(0);
  });

  test('streams', () => {
    const model = build();
    expect(() => model.stream()).toThrow(/must be given/);
    expect(() => model.stream({ given: {} })).toThrow(expect.objectContaining({ argument: 'given' }));
    expect(() => model.stream({ given: good })).toThrow(expect.objectContaining({ argument: 'given' }));
    expect(() => model.stream({ given: { b: good.b } })).toThrow(/h0/);
    expect(() => model.stream({ given: { a: good.a }, batch: 3 })).toThrow(
      expect.objectContaining({ argument: 'batch' }),
    );
    expect(model.stream({ given: { a: good.a } }).step(new Float32Array(8))).toHaveLength(12);
    const source = input({ indices: 5 });
    const both = new LSTM(3, 2, { bidirectional: true }).apply(new Embedding(5, 3).apply(source));
    const whole = new Model({ inputs: source, outputs: new Linear(4, 5).apply(both) });
    expect(() => whole.stream()).toThrow(/bidirectional/);
    expect(new Trainer(whole, { loss: crossEntropy, optimizer: new AdamW() }).steps).toBe(0);
  });
});
