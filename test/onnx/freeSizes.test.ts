import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { FormatError, loadOnnx } from '../../src/onnx/index.ts';
import { toModel } from '../../src/onnxModel/index.ts';
import { attribute, type Fields, floats, integers, model, port } from './encode.ts';

beforeAll(async () => {
  await init();
});

const node = (opType: string, input: string[], output: string[], attributes: Fields[] = []): Fields => ({
  opType,
  input,
  output,
  attribute: attributes,
});
const index = (name: string, value: number): Fields => ({ ...integers(name, [value]), dims: [] });

const made = (input: readonly Fields[], nodes: readonly Fields[], initializer: readonly Fields[]) =>
  loadOnnx(
    model({ node: nodes, initializer, input, output: [port('y')] }, { opsetImport: [{ version: 17 }] }),
  );

/** Weights of an LSTM of 3 features and 4 units, and of a GRU. */
const WEIGHTS = [
  floats('w', [1, 16, 3], 0.1),
  floats('r', [1, 16, 4], 0.2),
  floats('w2', [1, 12, 3], 0.1),
  floats('r2', [1, 12, 4], 0.2),
  integers('one', [1]),
];
const LSTM = (x: string, outputs: string[]) =>
  node('LSTM', [x, 'w', 'r'], outputs, [attribute('hidden_size', 4)]);
const GRU = (x: string, outputs: string[]) =>
  node('GRU', [x, 'w2', 'r2'], outputs, [attribute('hidden_size', 4)]);

describe('a branch of an If', () => {
  /** Of two LSTMs: whether axis `axis` of x [T, B, 3] has more than `n` elements. */
  const session = (axis: number, n: number, count: Fields[]) => {
    const branch = (name: string, y: string): Fields => ({
      name,
      type: 5,
      g: { name, node: [LSTM('x', [`${y} of ${name}`])], output: [port(`${y} of ${name}`)] },
    });
    return made(
      [port('x', ['T', 'B', 3])],
      [
        node('Shape', ['x'], ['s']),
        node('Gather', ['s', 'axis'], ['size']),
        ...count,
        node('Greater', [count.length ? 'rank' : 'size', 'n'], ['c']),
        node('If', ['c'], ['l'], [branch('then_branch', 'a'), branch('else_branch', 'b')]),
        node('Squeeze', ['l', 'one'], ['y']),
      ],
      [...WEIGHTS, index('axis', axis), index('n', n)],
    );
  };

  test.each([
    [0, 3],
    [0, 100],
    [1, 3],
  ])('by the size of the free axis %i, more than %i, is refused', async (axis, n) => {
    const own = await session(axis, n, []);
    expect(() => toModel(own)).toThrow(FormatError);
    expect(() => toModel(own)).toThrow(/If 'l': depends on the number of steps or rows/);
  });

  test('by the number of features, or that of axes, is a layer', async () => {
    for (const count of [[], [node('Size', ['s'], ['rank'])]])
      expect(toModel(await session(2, 2, count)).layers.map(({ type }) => type)).toEqual(['LSTM']);
  });
});

test('a slice from the larger of 0 and 1000 steps before the end is refused', async () => {
  const own = await made(
    [port('x', ['T', 'B', 3])],
    [
      LSTM('x', ['l']),
      node('Squeeze', ['l', 'one'], ['h']),
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'zero'], ['size']),
      node('Sub', ['size', 'n'], ['d']),
      node('Max', ['d', 'zero'], ['from']),
      node('Slice', ['h', 'from', 'end', 'zero'], ['y']),
    ],
    [...WEIGHTS, integers('zero', [0]), integers('n', [1000]), integers('end', [2 ** 31 - 1])],
  );
  expect(() => toModel(own)).toThrow(/Slice 'y': depends on the number of steps or rows/);
});

test.each([
  ['LSTM', LSTM],
  ['GRU', GRU],
])('rows of a vector are no steps: %s of [T, 3] is refused', async (op, layer) => {
  const own = await made(
    [port('x', ['T', 3])],
    [node('Unsqueeze', ['x', 'one'], ['u']), layer('u', ['l']), node('Squeeze', ['l', 'one'], ['y'])],
    WEIGHTS,
  );
  expect(() => toModel(own)).toThrow(FormatError);
  expect(() => toModel(own)).toThrow(new RegExp(`${op} 'l': not over the steps`));
});

test('a convolution over [B, 3, T] of which both are free', async () => {
  const own = await made(
    [port('x', ['b', 3, 't'])],
    [node('Conv', ['x', 'k'], ['c'], [attribute('pads', [1, 1])]), node('Relu', ['c'], ['y'])],
    [floats('k', [2, 3, 3], 0.1)],
  );
  const layers = toModel(own);
  expect(layers.layers.map(({ type }) => type)).toEqual(['Conv1d', 'Activation']);
  const data = Float32Array.from({ length: 12 }, (_, i) => i - 4);
  const { data: expected } = own.run({ x: { data, shape: [1, 3, 4] } }).y!;
  const steps = { data: data.map((_, i) => data[(i % 3) * 4 + Math.floor(i / 3)]!), shape: [4, 1, 3] };
  const { y } = layers.forward({ x: steps });
  for (let i = 0; i < 8; i++) expect(y!.data[i]).toBeCloseTo(Number(expected[(i % 2) * 4 + (i >> 1)]), 5);
});

describe('dimensions of one name have one size', () => {
  const turned = node('Transpose', ['x'], ['t'], [attribute('perm', [1, 0, 2])]);

  test('an initial state as an input is refused as one', async () => {
    const lstm = node('LSTM', ['t', 'w', 'r', '', '', 'h'], ['l'], [attribute('hidden_size', 4)]);
    const own = await made(
      [port('x', ['batch', 'time', 3]), port('h', [1, 'batch', 4])],
      [turned, lstm, node('Squeeze', ['l', 'one'], ['y'])],
      WEIGHTS,
    );
    expect(() => toModel(own)).toThrow(/LSTM 'l': an initial state/);
  });

  test('features next to the last state', async () => {
    const own = await made(
      [port('x', ['batch', 'time', 3]), port('s', ['batch', 2])],
      [
        turned,
        GRU('t', ['', 'h']),
        node('Squeeze', ['h', 'zero'], ['q']),
        node('Concat', ['q', 's'], ['y'], [attribute('axis', -1)]),
      ],
      [...WEIGHTS, integers('zero', [0])],
    );
    const layers = toModel(own);
    expect(layers.layers.map(({ type }) => type)).toEqual(['GRU', 'Concat']);
    // two steps of one row have the same layout in both
    const feeds = {
      x: { data: new Float32Array(6).fill(0.5), shape: [1, 2, 3] },
      s: { data: [7, 8], shape: [1, 2] },
    };
    const { y } = own.run(feeds);
    const given = layers.forward({ ...feeds, x: { ...feeds.x, shape: [2, 1, 3] } });
    expect(given.y!.shape).toEqual([1, 6]);
    for (const [i, value] of given.y!.data.entries()) expect(value).toBeCloseTo(Number(y!.data[i]), 5);
  });
});
