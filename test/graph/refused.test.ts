import * as u from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';

beforeAll(() => u.init({ kernels: 'simd' }));

const x = () => u.input({ features: 4 });

const cases: readonly (readonly [string, () => unknown, string, RegExp])[] = [
  ['neither features nor indices', () => u.input({}), 'input', /one of features and indices/],
  ['both', () => u.input({ features: 2, indices: 2 }), 'input', /one of features and indices/],
  ['no features', () => u.input({ features: 0 }), 'features', /at least 1/],
  ['not a node', () => new u.Linear(4, 3).apply({} as never), 'node', /a node/],
  ['another number of features', () => new u.Linear(5, 3).apply(x()), 'node (input of Linear)', /5 features/],
  [
    'indices for features',
    () => new u.Linear(5, 3).apply(u.input({ indices: 5 })),
    'node (input of Linear)',
    /features/,
  ],
  ['features for indices', () => new u.Embedding(9, 3).apply(x()), 'node (input of Embedding)', /indices/],
  [
    'a larger vocabulary',
    () => new u.Embedding(9, 3).apply(u.input({ indices: 10 })),
    'node (input of Embedding)',
    /9 indices/,
  ],
  [
    'the last step of a vector',
    () => new u.LastStep().apply(u.input({ features: 4, steps: false })),
    'node (input of LastStep)',
    /a sequence/,
  ],
  [
    'a state that is a sequence',
    () => new u.GRU(4, 5).apply(x(), { h0: new u.Linear(4, 5).apply(x()) }),
    'h0',
    /vector/,
  ],
  [
    'a state of another size',
    () => new u.GRU(4, 5).apply(x(), { h0: u.input({ features: 4, steps: false }) }),
    'h0',
    /5 features/,
  ],
  [
    'a state that the layer lacks',
    () => new u.GRU(4, 5).apply(x(), { c0: u.input({ features: 5, steps: false }) } as never),
    'GRU.apply: c0',
    /unknown/,
  ],
  [
    'an input that is not listed',
    () => new u.Model({ inputs: x(), outputs: new u.Linear(4, 2).apply(x()) }),
    'inputs',
    /all inputs/,
  ],
  [
    'an input that no output depends on',
    () => {
      const a = x();
      return new u.Model({ inputs: { a, b: x() }, outputs: new u.Linear(4, 2).apply(a) });
    },
    'inputs.b',
    /depends on/,
  ],
  [
    'a node of a layer as input',
    () => {
      const node = new u.Linear(4, 4).apply(x());
      return new u.Model({ inputs: node, outputs: new u.Linear(4, 2).apply(node) });
    },
    'inputs',
    /input\(\)/,
  ],
  [
    'an input as output',
    () => {
      const a = x();
      return new u.Model({ inputs: a, outputs: { a, b: new u.Linear(4, 2).apply(a) } });
    },
    'outputs.a',
    /output of a layer/,
  ],
  ['no outputs', () => new u.Model({ inputs: x(), outputs: {} }), 'outputs', /object of nodes/],
  [
    'outputs that are not nodes',
    () => new u.Model({ inputs: x(), outputs: { a: 1 as never } }),
    'outputs.a',
    /a node/,
  ],
  [
    'the same node twice',
    () => {
      const a = x();
      const b = new u.Linear(4, 2).apply(a);
      return new u.Model({ inputs: a, outputs: { b, c: b } });
    },
    'outputs.c',
    /once/,
  ],
  [
    'a cycle',
    () => {
      const a = x();
      const b = new u.Linear(4, 4).apply(a) as unknown as { origin: { use: { inputs: u.GraphNode[] } } };
      const c = new u.Linear(4, 4).apply(b as unknown as u.GraphNode);
      b.origin.use.inputs[0] = c;
      return new u.Model({ inputs: a, outputs: c });
    },
    'outputs',
    /cycle/,
  ],
  ['sequences on two time axes', () => new u.Add().apply(x(), x()), '', /axis|axes/],
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
  const layer = new u.Linear(4, 2);
  const a = x();
  const node = layer.apply(a);
  new u.Model({ inputs: a, outputs: node });
  expect(() => new u.Model({ inputs: a, outputs: node })).toThrow(/part of another model/);
  expect(() => new u.Sequential([layer])).toThrow(/part of another model/);
});

describe('calls', () => {
  const build = () => {
    const [a, b] = [x(), x()];
    const of = new u.GRU(4, 3).apply(a);
    const to = new u.GRU(4, 3).apply(b, { h0: of.hN });
    return new u.Model({ inputs: { a, b }, outputs: { y: new u.Concat().apply(to, to) } }, { seed: 1 });
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
    ['one loss for named outputs', { loss: u.mse }, 'loss'],
    ['a loss of an unknown output', { loss: { z: u.mse } }, 'loss.z'],
    ['a weight of 0', { loss: { y: u.mse }, lossWeights: { y: 0 } }, 'lossWeights.y'],
    ['weights without names', { loss: u.mse, lossWeights: { y: 1 } }, 'lossWeights'],
    ['carried states of two time axes', { loss: { y: u.mse }, carryState: true }, 'carryState'],
    ['a memory budget', { loss: { y: u.mse }, memoryBudget: 1e6 }, 'memoryBudget'],
    ['truncation', { loss: { y: u.mse }, truncation: { k1: 1, k2: 1 } }, 'truncation'],
  ])('Trainer: %s', (_, opts, argument) => {
    const model = build();
    const make = (given: object) => new u.Trainer(model, { optimizer: new u.AdamW(), ...given } as never);
    expect(() => make(opts)).toThrow(expect.objectContaining({ argument }));
    const trainer = make({ loss: { y: u.mse } });
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
    for (const steps of [{ lengths: { b: [9, -5] } }, { mask: { b: 'x' } }]) {
      expect(() => model.stream({ given: { a: good.a }, ...(steps as object) })).toThrow(
        expect.objectContaining({ argument: `${Object.keys(steps)[0]}.b` }),
      );
    }
    expect(model.stream({ given: { a: good.a } }).step(new Float32Array(8))).toHaveLength(12);
    const source = u.input({ indices: 5 });
    const both = new u.LSTM(3, 2, { bidirectional: true }).apply(new u.Embedding(5, 3).apply(source));
    const whole = new u.Model({ inputs: source, outputs: new u.Linear(4, 5).apply(both) });
    expect(() => whole.stream()).toThrow(/bidirectional/);
    expect(new u.Trainer(whole, { loss: u.crossEntropy, optimizer: new u.AdamW() }).steps).toBe(0);
  });
});
