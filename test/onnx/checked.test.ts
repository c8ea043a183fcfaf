import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { FormatError, loadOnnx } from '../../src/onnx/index.ts';
import { attribute, type Fields, floats, integers, model, port } from './encode.ts';

beforeAll(async () => {
  await init();
});

/** A model whose output is that of an If on an input, with one node in the branch that is not taken. */
function branching(opType: string): Uint8Array {
  const branch = (node: object) => ({
    name: 'branch',
    node: [{ input: ['x'], output: ['out'], ...node }],
    output: [port('out')],
  });
  const attribute = [
    { name: 'then_branch', type: 5, g: branch({ opType: 'Relu' }) },
    { name: 'else_branch', type: 5, g: branch({ opType, name: 'inner' }) },
  ];
  const condition = { name: 'c', dims: [], dataType: 9, rawData: Uint8Array.of(1) };
  return model({
    node: [{ opType: 'If', input: ['c'], output: ['y'], attribute }],
    initializer: [condition],
    input: [port('x', [2])],
    output: [port('y', [2])],
  });
}

describe('operators are asked for when a file is loaded', () => {
  test('one that is missing in a branch that is not taken is refused by name, type and opset', async () => {
    await expect(loadOnnx(branching('Nothing'))).rejects.toThrow(FormatError);
    await expect(loadOnnx(branching('Nothing'))).rejects.toThrow(/'inner'.*opset 13.*Nothing/);
    const { y } = (await loadOnnx(branching('Neg'))).run({ x: [-1, 2] });
    expect([...(y!.data as Float32Array)]).toEqual([0, 2]);
  });
});

test('Resize interpolates between the centers of steps', async () => {
  const scales = { name: 's', dims: [3], dataType: 1, floatData: [1, 1, 2] };
  const text = (name: string, s: string) => ({ name, type: 3, s });
  const bytes = model({
    node: [{ opType: 'Resize', input: ['x', '', 's'], output: ['y'], attribute: [text('mode', 'linear')] }],
    initializer: [scales],
    input: [port('x', [1, 1, 2])],
    output: [port('y')],
  });
  const { y } = (await loadOnnx(bytes)).run({ x: [0, 4] });
  expect(y!.shape).toEqual([1, 1, 4]);
  expect([...(y!.data as Float32Array)]).toEqual([0, 1, 3, 4]);
});

type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

/** Attributes of a node. */
const listOf = (given: Attributes) => Object.entries(given).map(([name, value]) => attribute(name, value));

/** Runs a node on x, whose elements are 1, 2, 3 and so on or `values`, and on constants. */
async function run(
  opType: string,
  shape: readonly number[],
  constants: readonly Fields[],
  given: Attributes = {},
  { version = 17, values = [] as readonly number[] } = {},
) {
  const input = ['x', ...constants.map(({ name }) => String(name))];
  const bytes = model(
    {
      node: [{ opType, input, output: ['y'], attribute: listOf(given) }],
      initializer: constants.filter(({ name }) => name),
      input: [port('x', shape)],
      output: [port('y')],
    },
    { opsetImport: [{ version }] },
  );
  const count = shape.reduce((a, b) => a * b, 1);
  const data = values.length ? values : Array.from({ length: count }, (_, i) => i + 1);
  const session = await loadOnnx(bytes);
  const { y } = session.run({ x: { data, shape } });
  session.dispose();
  return { shape: [...y!.shape], data: Array.from(y!.data as Float32Array) };
}

// onnxruntime 1.32
describe('Pad whose amounts cancel', () => {
  test.each([
    ['constant', [1, -1], [0, 1, 2, 3, 4]],
    ['edge', [1, -1], [1, 1, 2, 3, 4]],
    ['reflect', [1, -1], [2, 1, 2, 3, 4]],
    ['wrap', [1, -1], [4, 1, 2, 3, 4]],
    ['constant', [-2, 2], [3, 4, 5, 0, 0]],
    ['edge', [-2, 2], [3, 4, 5, 5, 5]],
    ['reflect', [-2, 2], [3, 4, 5, 4, 3]],
    ['wrap', [-2, 2], [3, 4, 5, 3, 4]],
  ])('%s by %j', async (mode, pads, expected) => {
    const { data } = await run('Pad', [5], [integers('p', pads)], { mode }, { version: 19 });
    expect(data).toEqual(expected);
  });

  test('in one dimension of three', async () => {
    const { data } = await run('Pad', [1, 4, 2], [integers('p', [0, 1, 0, 0, -1, 0])]);
    expect(data).toEqual([0, 0, 1, 2, 3, 4, 5, 6]);
  });
});

// onnxruntime 1.32
test.each([
  ['ReduceL1', [3, 4]],
  ['ReduceL2', [3, 4]],
  ['ReduceSumSquare', [9, 16]],
  ['ReduceLogSum', [Number.NaN, Math.fround(Math.log(4))]],
  ['ReduceLogSumExp', [-3, 4]],
  ['ReduceProd', [-3, 4]],
  ['ReduceSum', [-3, 4]],
  ['ReduceMean', [-3, 4]],
  ['ReduceMax', [-3, 4]],
])(
  '%s with noop_with_empty_axes reduces nothing, and is a function of each element',
  async (op, expected) => {
    const opts = { version: 18, values: [-3, 4] };
    for (const axes of [[], [integers('a', [])]]) {
      const y = await run(op, [1, 2], axes, { noop_with_empty_axes: 1 }, opts);
      expect(y).toEqual({ shape: [1, 2], data: expected });
    }
    const scalar = await run(op, [], [], { noop_with_empty_axes: 1 }, { version: 18, values: [-3] });
    expect(scalar).toEqual({ shape: [], data: expected.slice(0, 1) });
  },
);

test('Slice backwards clamps its start to the first element', async () => {
  const at = [
    ['s', -5],
    ['e', -100],
    ['a', 0],
    ['t', -1],
  ] as const;
  const constants = at.map(([name, value]) => integers(name, [value]));
  expect((await run('Slice', [3], constants)).data).toEqual([1]);
  expect((await run('Slice', [0], constants)).data).toEqual([]);
});

const none: Fields = { name: '' };
const channels = (count: number, ...names: string[]) => names.map((name) => floats(name, [count]));
const grid = (name: string, dims: number[], values: number[]): Fields => ({
  ...integers(name, values),
  dims,
});

// onnxruntime 1.32
describe('SplitToSequence with keepdims 0', () => {
  const split = async (...sizes: Fields[]) => {
    const at = { ...integers('i', [1]), dims: [] };
    const input = ['x', ...sizes.map(({ name }) => String(name))];
    const cut = { opType: 'SplitToSequence', input, output: ['q'], attribute: listOf({ keepdims: 0 }) };
    const node = [cut, { opType: 'SequenceAt', input: ['q', 'i'], output: ['y'] }];
    const bytes = model({
      node,
      initializer: [at, ...sizes],
      input: [port('x', [4, 2])],
      output: [port('y')],
    });
    const { y } = (await loadOnnx(bytes)).run({ x: { data: [1, 2, 3, 4, 5, 6, 7, 8], shape: [4, 2] } });
    return { shape: [...y!.shape], data: [...(y!.data as Float32Array)] };
  };
  const scalar = (size: number) => ({ ...integers('s', [size]), dims: [] });

  test('drops the axis without sizes and for a scalar 1, and keeps it for a list', async () => {
    expect(await split()).toEqual({ shape: [2], data: [3, 4] });
    expect(await split(scalar(1))).toEqual({ shape: [2], data: [3, 4] });
    expect(await split(integers('s', [1, 1, 1, 1]))).toEqual({ shape: [1, 2], data: [3, 4] });
  });

  test('of parts of a scalar 2 is refused', async () => {
    await expect(split(scalar(2))).rejects.toThrow(/SplitToSequence 'q'.*keepdims 0 with parts of 2/);
  });
});

// onnxruntime 1.32 refuses each
describe('inputs that are missing, or of another shape, are refused by their node', () => {
  test.each<[string, number[], Fields[], Attributes, RegExp]>([
    ['BatchNormalization', [2, 3], channels(3, 'w', 'b', 'm'), {}, /lacks input 4/],
    [
      'BatchNormalization',
      [2, 3],
      [...channels(3, 'w', 'b', 'm'), ...channels(2, 'v')],
      {},
      /input 4: expected \[3\], got \[2\]/,
    ],
    ['InstanceNormalization', [2, 3, 2], channels(3, 'w'), {}, /lacks input 2/],
    ['InstanceNormalization', [2, 3, 2], channels(1, 'w', 'b'), {}, /input 1: expected \[3\], got \[1\]/],
    ['GroupNormalization', [2, 4, 2], channels(4, 'w'), { num_groups: 2 }, /lacks input 2/],
    [
      'GroupNormalization',
      [2, 4, 2],
      channels(2, 'w', 'b'),
      { num_groups: 2 },
      /input 1: expected \[4\], got \[2\]/,
    ],
    ['GroupNormalization', [2, 3, 3], channels(3, 'w', 'b'), { num_groups: 2 }, /3 channels in 2 groups/],
    ['GroupNormalization', [2, 3, 3], channels(3, 'w', 'b'), { num_groups: 0 }, /3 channels in 0 groups/],
    ['GroupNormalization', [2, 3, 3], channels(3, 'w', 'b'), { num_groups: -1 }, /3 channels in -1 groups/],
    ['GroupNormalization', [2, 3, 3], channels(3, 'w', 'b'), { num_groups: 2 ** 31 - 1 }, /3 channels in/],
    ['GroupNormalization', [2, 3, 3], channels(3, 'w', 'b'), { num_groups: 2 ** 31 }, /3 channels in/],
    ['ScatterND', [4, 3], [grid('i', [2, 1], [0, 2])], {}, /lacks input 2/],
    [
      'ScatterND',
      [4, 3],
      [grid('i', [2, 1], [0, 2]), floats('u', [1, 3])],
      {},
      /input 2: expected \[2,3\], got \[1,3\]/,
    ],
    ['ScatterElements', [2, 3], [grid('i', [1, 3], [0, 1, 0])], {}, /lacks input 2/],
    [
      'ScatterElements',
      [2, 3],
      [grid('i', [1, 3], [0, 1, 0]), floats('u', [1, 2])],
      {},
      /input 2: expected \[1,3\]/,
    ],
    ['GatherElements', [2, 3], [grid('i', [2, 4], new Array(8).fill(0))], {}, /indices \[2,4\] of \[2,3\]/],
    [
      'ConvTranspose',
      [1, 2, 4],
      [floats('w', [2, 3, 2]), floats('b', [2])],
      {},
      /input 2: expected \[3\], got \[2\]/,
    ],
    ['RNN', [3, 2, 1], [none, floats('r', [1, 4, 4])], { hidden_size: 4 }, /lacks input 1/],
    [
      'RNN',
      [3, 2, 1],
      [floats('w', [1, 4, 1]), floats('r', [1, 4, 4])],
      { hidden_size: 5 },
      /input 1: expected \[1,5,1\], got \[1,4,1\]/,
    ],
    ['Clip', [2, 3], [floats('m', [3])], {}, /bounds/],
    ['ReverseSequence', [3, 2], [integers('l', [1])], {}, /input 1: expected \[2\], got \[1\]/],
    ['ReverseSequence', [3, 2], [integers('l', [2, 5])], {}, /length 5 of 3 steps/],
    ['ReverseSequence', [3, 2], [integers('l', [-1, 1])], {}, /length -1 of 3 steps/],
  ])('%s of %j', async (op, shape, constants, given, words) => {
    const running = run(op, shape, constants, given, { version: 21 });
    await expect(running).rejects.toThrow(FormatError);
    await expect(running).rejects.toThrow(words);
    await expect(running).rejects.toThrow(`${op} 'y'`);
  });

  test.each([[[2, 5]], [[-1, 1]]])('steps %j of rows of an RNN with 3', async (lengths) => {
    const constants = [floats('w', [1, 4, 1]), floats('r', [1, 4, 4]), none];
    const counts = { name: 'l', dims: [2], dataType: 6, int32Data: lengths };
    const running = run('RNN', [3, 2, 1], [...constants, counts], { hidden_size: 4 });
    await expect(running).rejects.toThrow(/length (5|-1) of 3 steps/);
  });
});

// onnxruntime 1.32 refuses each
describe('attributes that say nothing are refused by their node', () => {
  const w = floats('w', [1, 1, 3]);
  const ends = (...lists: number[][]) => lists.map((values, i) => integers(`i${i}`, values));
  test.each<[string, number[], Fields[], Attributes, RegExp]>([
    ['Conv', [1, 1, 6], [w], { auto_pad: 'foo' }, /auto_pad foo/],
    ['Conv', [1, 1, 6], [w], { pads: [-1, 0] }, /pads \[-1,0\]/],
    ['Conv', [1, 1, 6], [w], { kernel_shape: [2] }, /kernel_shape \[2\]/],
    ['MaxPool', [1, 1, 6], [], { kernel_shape: [2], auto_pad: 'foo' }, /auto_pad foo/],
    ['MaxPool', [1, 1, 6], [], { kernel_shape: [2], strides: [1, 1] }, /strides \[1,1\]/],
    ['MaxPool', [1, 1, 6], [], { kernel_shape: [2, 2] }, /kernel_shape \[2,2\]/],
    ['MaxPool', [1, 1, 6], [], { kernel_shape: [2], pads: [2, 0] }, /pads/],
    ['ConvTranspose', [1, 1, 4], [w], { strides: [0] }, /strides \[0\]/],
    ['ConvTranspose', [1, 1, 4], [w], { dilations: [-1] }, /dilations \[-1\]/],
    ['ConvTranspose', [1, 1, 4], [w], { output_padding: [-1] }, /output_padding \[-1\]/],
    ['ConvTranspose', [1, 1, 4], [w], { output_padding: [1] }, /output_padding \[1\]/],
    ['Pad', [2, 2], ends([1, 0, 1]), {}, /pads \[1,0,1\]/],
    ['Slice', [3, 3], ends([0, 0], [2, 2], [0]), {}, /axes \[0\]/],
    ['Slice', [3, 3], ends([0, 1], [2, 2], [0, -2]), {}, /axes \[0,0\]/],
    ['LpNormalization', [2, 3], [], { p: 3 }, /p 3/],
    ['DepthToSpace', [1, 4, 1, 1], [], { blocksize: 2, mode: 'foo' }, /mode foo/],
    ['Gelu', [2], [], { approximate: 'foo' }, /approximate foo/],
    ['BitShift', [2], [floats('n', [2])], { direction: 'foo' }, /direction foo/],
    ['Resize', [1, 1, 4], [none, { ...floats('s', [3]), floatData: [1, 1, 0] }], {}, /scales \[1,1,0\]/],
  ])('%s of %j', async (op, shape, constants, given, words) => {
    const running = run(op, shape, constants, given, { version: 20 });
    await expect(running).rejects.toThrow(FormatError);
    await expect(running).rejects.toThrow(words);
  });
});
