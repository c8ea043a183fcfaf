import { beforeAll, describe, expect, test } from 'vitest';
import { Adam, init, mse, Trainer } from '../../src/index.ts';
import { FormatError, loadOnnx, StateError } from '../../src/onnx/index.ts';
import { toModel } from '../../src/onnxModel/index.ts';
import { type Case, readCases } from './cases.ts';
import { attribute, type Fields, floats, integers, model, port } from './encode.ts';

let cases: Map<string, Case>;

beforeAll(async () => {
  await init();
  const all = await Promise.all(['matrix', 'models'].map(readCases));
  cases = new Map(all.flat().map((own) => [own.name, own]));
});

/** [A, B, n] as [B, A, n]. */
function swapped(data: ArrayLike<number>, A: number, B: number): Float32Array {
  const n = data.length / (A * B);
  return Float32Array.from(data, (_, i) => {
    const [b, a, k] = [Math.floor(i / (A * n)), Math.floor(i / n) % A, i % n];
    return data[(a * B + b) * n + k]!;
  });
}

const numbers = (data: ArrayLike<number | bigint>) => Float32Array.from(data, Number);

/** Asserts that both are the same within 1e-6. */
function near(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length).toBe(expected.length);
  const worst = Math.max(...Array.from(expected, (v, i) => Math.abs(v - got[i]!)));
  expect(worst).toBeLessThan(1e-6);
}

describe('models of layers', () => {
  test.each([
    ['torch-lstm', 'LSTM LastStep Linear', true],
    ['torch-embedding', 'Embedding LSTM Linear Activation Activation', true],
    ['keras-gru', 'GRU Linear Activation Linear Activation', true],
    ['torch-gru-stack', 'GRU GRU Linear Activation', false],
  ])('%s becomes %s', async (name, types, batchFirst) => {
    const own = cases.get(name)!;
    const session = await loadOnnx(own.model);
    const model = toModel(session);
    expect(model.layers.map(({ type }) => type).join(' ')).toBe(types);
    const { shape, data } = own.inputs[0]!;
    const [A, B, ...rest] = shape as [number, number];
    const x = batchFirst ? swapped(numbers(data), A, B) : numbers(data);
    const given = { data: x, shape: batchFirst ? [B, A, ...rest] : shape };
    const input = session.inputs[0]!.name;
    const results = model.forward({
      [input]: name === 'torch-embedding' ? { ...given, data: Int32Array.from(x) } : given,
    });
    for (const [i, output] of session.outputs.entries()) {
      near(results[output.name]!.data, numbers(own.outputs[i]!.data));
    }
  });

  test('one trains, and its file is one of this package', async () => {
    const own = cases.get('keras-gru')!;
    const model = await (await loadOnnx(own.model, { toModel })).toModel({ seed: 1 });
    const trainer = new Trainer(model, { loss: { p: mse, q: mse }, optimizer: new Adam({ lr: 0.02 }) });
    const x = { data: swapped(numbers(own.inputs[0]!.data), 3, 4), shape: [4, 3, 2] };
    const y = { p: new Float32Array(3).fill(0.9), q: new Float32Array(9).fill(-0.3) };
    const first = trainer.step({ x }, y).loss;
    let last = first;
    for (let i = 0; i < 60; i++) last = trainer.step({ x }, y).loss;
    expect(last).toBeLessThan(first / 4);
  });

  test('a session makes it by what loadOnnx was given', async () => {
    const { model } = cases.get('keras-gru')!;
    await expect((await loadOnnx(model)).toModel()).rejects.toThrow(StateError);
    await expect((await loadOnnx(model)).toModel()).rejects.toThrow(/unrolled\/onnx-model/);
    for (const given of [null, {}, 'toModel']) {
      const loading = loadOnnx(model, { toModel: given as never });
      await expect(loading).rejects.toMatchObject({ name: 'ArgumentError', argument: 'toModel' });
    }
    const refused = (await loadOnnx(cases.get('scan-0')!.model, { toModel })).toModel();
    await expect(refused).rejects.toThrow(/toModel/);
  });

  test.each(['RNN', 'GRU', 'LSTM'])('%s by itself, with its last states', async (op) => {
    for (const [direction, option] of [
      ['forward', 'plain'],
      ['forward', 'nobias'],
      ['bidirectional', 'plain'],
      ['reverse', 'plain'],
      ['reverse', 'clip'],
      ['forward', 'clip'],
      ['forward', 'hard'],
      ['bidirectional', 'hard'],
      ['forward', 'layout'],
    ] as const) {
      if (option === 'hard' && op !== 'GRU') continue;
      const own = cases.get(`${op}-${direction}-${option}`)!;
      const make = async () => toModel(await loadOnnx(own.model));
      if (option === 'layout') {
        // its initial state is an input
        await expect(make()).rejects.toThrow(/initial state/);
        continue;
      }
      const results = (await make()).forward({
        X: { data: numbers(own.inputs[0]!.data), shape: own.inputs[0]!.shape },
      });
      const D = direction === 'bidirectional' ? 2 : 1;
      const [T, N, H] = [4, 3, 4];
      // [T, D, N, H] as [T, N, D·H]
      const expected = numbers(own.outputs[0]!.data);
      const y = Array.from({ length: T }, (_, t) =>
        swapped(expected.subarray(t * D * N * H, (t + 1) * D * N * H), D, N),
      );
      near(
        results.Y!.data,
        y.flatMap((part) => [...part]),
      );
      near(results.Yh!.data, swapped(numbers(own.outputs[1]!.data), D, N));
    }
  });
});

describe('what is no model of layers is refused by the name of the node', () => {
  test.each([
    ['LSTM-forward-lengths', /sequence_lens/],
    ['LSTM-forward-state', /initial state/],
    ['LSTM-forward-peephole', /initial state/],
    ['LSTM-forward-coupled', /input_forget/],
    ['LSTM-forward-hard', /activations/],
    ['RNN-forward-threshold', /activations thresholdedrelu/],
    ['RNN-forward-affine', /activation/],
    ['GRU-forward-inputs', /weights/],
    ['loop-lstm', /toModel/],
    ['scan-0', /toModel/],
    ['if-data-1', /If/],
  ])('%s', async (name, words) => {
    const make = async () => toModel(await loadOnnx(cases.get(name)!.model));
    await expect(make()).rejects.toThrow(FormatError);
    await expect(make()).rejects.toThrow(words);
  });
});

const node = (opType: string, input: string[], output: string, attributes: Fields[] = []): Fields => ({
  opType,
  input,
  output: [output],
  attribute: attributes,
});

/** The output of an LSTM over x [T, B, 3], 'h' [T, B, 4], and then nodes that make y of it or of x. */
async function modelOf(nodes: readonly Fields[], constants: readonly Fields[] = [], version = 17) {
  const bytes = model(
    {
      node: [
        node('LSTM', ['x', 'w', 'r'], 'l', [attribute('hidden_size', 4)]),
        node('Squeeze', ['l', 'one'], 'h'),
        ...nodes,
      ],
      initializer: [floats('w', [1, 16, 3]), floats('r', [1, 16, 4]), integers('one', [1]), ...constants],
      input: [port('x', ['T', 'B', 3])],
      output: [port('y')],
    },
    { opsetImport: [{ version }] },
  );
  return toModel(await loadOnnx(bytes));
}

/** A slice of the steps of h. */
const slice = (start: number, end: number) =>
  [
    [node('Slice', ['h', 's', 'e', 'a'], 'y')],
    [integers('s', [start]), integers('e', [end]), integers('a', [0])],
  ] as const;
const cast = (to: number) =>
  [
    [
      node('Cast', ['h'], 'c', [attribute('to', to)]),
      node('Cast', ['c'], 'f', [attribute('to', 1)]),
      node('MatMul', ['f', 'k'], 'y'),
    ],
    [floats('k', [4, 2])],
  ] as const;
const turned = node('Transpose', ['h'], 't', [attribute('perm', [1, 2, 0])]);
/** The layer norm of older exports. */
const norm = (exponent: number) =>
  [
    [
      node('ReduceMean', ['h', ''], 'm', [attribute('axes', [-1])]),
      node('Sub', ['h', 'm'], 'd'),
      node('Pow', ['d', 'n'], 'q'),
      node('ReduceMean', ['q'], 'v', [attribute('axes', [-1])]),
      node('Add', ['v', 'eps'], 'u'),
      node('Sqrt', ['u'], 'p'),
      node('Div', ['d', 'p'], 'o'),
      node('Mul', ['o', 'g'], 'y'),
    ],
    [floats('n', [], exponent), floats('eps', [], 1e-5), floats('g', [4])],
  ] as const;

describe('what depends on the number of steps, and options that layers lack, are refused by the name of the node', () => {
  test.each<[string, readonly Fields[], readonly Fields[], RegExp, number?]>([
    ['the first 100 steps', ...slice(0, 100), /Slice 'y': a part of a sequence/],
    ['the last 100 steps', ...slice(-100, 2 ** 31 - 1), /Slice 'y': a part of a sequence/],
    ['the first 61 steps', ...slice(0, 61), /Slice 'y': a part of a sequence/],
    ['step 60 as a slice', ...slice(60, 61), /Slice 'y': index 60/],
    ['step 60', [node('Gather', ['h', 'i'], 'y')], [integers('i', [60])], /Gather 'y': index 60/],
    ['a softmax over rows, too', [node('Softmax', ['h'], 'y')], [], /Softmax 'y': not over the features/, 11],
    ['a cast to int64', ...cast(7), /Cast 'c': a cast to integers/],
    ['a cast to bool', ...cast(9), /Cast 'c': a cast to integers/],
    [
      'padding that no convolution adds',
      [turned, node('Conv', ['t', 'k'], 'c'), node('Pad', ['c', 'p'], 'y')],
      [floats('k', [2, 4, 1]), integers('p', [0, 0, 1, 0, 0, 0])],
      /Pad 'y': padding that is not for convolutions/,
    ],
    ['a fourth power in a norm', ...norm(4), /ReduceMean 'm'/],
    [
      'a quotient by other numbers next to √2 in a GELU',
      [
        node('Div', ['h', 'root'], 'd'),
        node('Erf', ['d'], 'e'),
        node('Add', ['e', 'whole'], 'a'),
        node('Mul', ['h', 'a'], 'm'),
        node('Mul', ['m', 'half'], 'y'),
      ],
      [
        { ...floats('root', [4]), floatData: [Math.SQRT2, 2, 3, 4] },
        floats('whole', [], 1),
        floats('half', [], 0.5),
      ],
      /Div 'd': operator Div is no layer/,
    ],
    [
      'a bias that is no constant',
      [node('Gather', ['h', 'i'], 'z'), node('Gemm', ['z', 'k', 'z'], 'y')],
      [floats('k', [4, 4]), { ...integers('i', [-1]), dims: [] }],
      /Gemm 'y': a bias/,
    ],
    [
      'features of another number',
      [node('MatMul', ['h', 'k'], 'z'), node('Mul', ['h', 'z'], 'y')],
      [floats('k', [4, 1])],
      /Mul 'y': nodes\[1\]: expected 4 features/,
    ],
    [
      'a recurrent layer over rows behind one over steps',
      [
        node('Transpose', ['h'], 't', [attribute('perm', [1, 0, 2])]),
        node('RNN', ['t', 'k', 'q'], 'o', [attribute('hidden_size', 2)]),
        node('Squeeze', ['o', 'one'], 'y'),
      ],
      [floats('k', [1, 2, 4]), floats('q', [1, 2, 2])],
      /RNN 'o': not over the steps/,
    ],
    [
      'a convolution over rows',
      [node('Transpose', ['h'], 't', [attribute('perm', [0, 2, 1])]), node('Conv', ['t', 'k'], 'y')],
      [floats('k', [2, 4, 2])],
      /Conv 'y': not over the steps/,
    ],
    [
      'the last row',
      [node('Gather', ['h', 'i'], 'y', [attribute('axis', 1)])],
      [integers('i', [-1])],
      /Gather 'y': not over the steps/,
    ],
  ])('%s', async (_, nodes, constants, words, version) => {
    const making = modelOf(nodes, constants, version);
    await expect(making).rejects.toThrow(FormatError);
    await expect(making).rejects.toThrow(words);
  });

  test('no layer', async () => {
    const making = modelOf([node('Identity', ['x'], 'y')]);
    await expect(making).rejects.toThrow(FormatError);
    await expect(making).rejects.toThrow(/output 'y' is not computed by layers/);
  });

  test('all steps, the last one, and the norm are layers', async () => {
    const types = async (nodes: readonly Fields[], constants: readonly Fields[]) =>
      (await modelOf(nodes, constants)).layers.map(({ type }) => type).join(' ');
    expect(await types(...slice(0, 2 ** 31 - 1))).toBe('LSTM');
    expect(await types([node('Gather', ['h', 'i'], 'y')], [integers('i', [-1])])).toBe('LSTM LastStep');
    expect(await types(...norm(2))).toBe('LSTM LayerNorm');
  });
});
