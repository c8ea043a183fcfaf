import { beforeAll, describe, expect, test } from 'vitest';
import { imported } from '../../src/imported.ts';
import { init } from '../../src/index.ts';
import { ArgumentError, FormatError, loadOnnx, StateError } from '../../src/onnx/index.ts';
import { COMMON } from '../../src/onnxOperators/common.ts';
import { CONVOLUTIONAL } from '../../src/onnxOperators/convolutional.ts';
import { operators } from '../../src/onnxOperators/index.ts';
import { type OnnxOperators, OPERATORS } from '../../src/onnxSession/operators.ts';
import { type Fields, model, port } from './encode.ts';

/** What recurrent models of PyTorch, tf2onnx and keras2onnx have, and what their constants are computed with. */
const USUAL =
  'Transpose Squeeze Unsqueeze Reshape Slice Concat Gather Flatten Identity Cast Expand Shape MatMul Gemm Add Mul Sub Div Relu Sigmoid Tanh Softmax LogSoftmax RNN LSTM GRU Constant ConstantOfShape';
/** What models with convolutions have besides, Silero VAD among them. */
const FIRST = 'Conv Pad If Equal Not Size ReduceSum ReduceMean Sqrt Pow Neg Reciprocal Log';
const SECOND =
  'Split Clip Where Less And Greater PRelu MaxPool Loop ConvTranspose BatchNormalization ScatterND GatherElements Range';

beforeAll(async () => {
  await init();
});

const one = (op: string, inputs = 1, domain = '') =>
  model({
    node: [{ opType: op, domain, name: 'first', input: new Array(inputs).fill('x'), output: ['y'] }],
    input: [port('x', [2])],
    output: [port('y', [2])],
  });

describe('operators of ONNX by part', () => {
  test('none is in two', () => {
    const again = Object.keys(operators['']!).filter((name) => name in OPERATORS);
    // with options that sessions lack by themselves
    expect(again.sort()).toEqual(['GRU', 'LSTM', 'RNN']);
  });

  test('what recurrent models have needs no other part, and the more of them have it, the earlier it comes', () => {
    const lacking = (names: string, table: object) => names.split(' ').filter((name) => !(name in table));
    expect(lacking(USUAL, OPERATORS)).toEqual([]);
    expect(lacking(FIRST, CONVOLUTIONAL)).toEqual([]);
    expect(lacking(SECOND, COMMON)).toEqual([]);
  });

  test('what a file needs is loaded, and nothing else', async () => {
    const [plain, first, second, third] = await Promise.all(
      [one('Relu'), one('Sqrt'), one('GatherElements', 2), one('Erf')].map(load),
    );
    expect(plain).toBeUndefined();
    expect(first!['']).toEqual(CONVOLUTIONAL);
    expect(second!['']).toEqual(COMMON);
    expect(third).toEqual(operators);
  });

  test.each<[string, Fields, boolean]>([
    ['as exports have it', {}, false],
    ['weights that depend on data', { input: ['x', 'w', 'x'] }, true],
    ['lengths', { input: ['x', 'w', 'r', '', 'n'] }, true],
    ['an option', { attribute: [{ name: 'clip', type: 1, f: 1 }] }, true],
    ['the usual activations', { attribute: [{ name: 'activations', type: 8, strings: ['tanh'] }] }, false],
    ['other activations', { attribute: [{ name: 'activations', type: 8, strings: ['Elu'] }] }, true],
    ['the usual direction', { attribute: [{ name: 'direction', type: 3, s: 'forward' }] }, false],
    ['backwards', { attribute: [{ name: 'direction', type: 3, s: 'reverse' }] }, true],
    ['rows first', { attribute: [{ name: 'layout', type: 2, i: 1 }] }, true],
  ])('a recurrent layer: %s', async (_, fields, loads) => {
    const zeros = (name: string, dims: number[]) => ({
      name,
      dims,
      dataType: 1,
      floatData: new Array(4).fill(0.5),
    });
    const bytes = model({
      node: [
        { opType: 'Identity', input: ['w0'], output: ['w'] },
        { opType: 'RNN', input: ['x', 'w', 'r'], output: ['y'], ...fields },
      ],
      initializer: [
        zeros('w0', [1, 2, 2]),
        zeros('r', [1, 2, 2]),
        { name: 'n', dims: [2], dataType: 6, int32Data: [1, 1] },
      ],
      input: [port('x', [1, 2, 2])],
      output: [port('y')],
    });
    const session = await loadOnnx(bytes);
    expect(Boolean(session.operators)).toBe(loads);
    expect(session.run({ x: new Float32Array(4) }).y!.data.length).toBe(4);
  });

  test('what is given is used, and nothing is loaded that is given', async () => {
    const given: OnnxOperators = { '': { Erf: (node) => node.alias(node.input(0)) } };
    const session = await loadOnnx(one('Erf'), { operators: given });
    expect(session.operators).toBe(given);
    expect([...session.run({ x: [5, 6] }).y!.data]).toEqual([5, 6]);
    const own: OnnxOperators = { mine: { Own: (node) => node.alias(node.input(0)) } };
    const both = await loadOnnx(
      model({
        node: [
          { opType: 'Own', domain: 'mine', input: ['x'], output: ['t'] },
          { opType: 'Sign', input: ['t'], output: ['y'] },
        ],
        input: [port('x', [2])],
        output: [port('y', [2])],
      }),
      { operators: own },
    );
    expect([...both.run({ x: [5, -6] }).y!.data]).toEqual([1, -1]);
  });

  test('one that is in none is refused by node, type and opset', async () => {
    await expect(loadOnnx(one('Nothing'))).rejects.toThrow(FormatError);
    await expect(loadOnnx(one('Nothing'))).rejects.toThrow(/Nothing 'first' \(opset 13\).*not supported/);
    for (const name of ['toString', '__proto__', 'constructor']) {
      await expect(loadOnnx(one(name))).rejects.toThrow(/not supported/);
      await expect(loadOnnx(one('toString', 1, name), { operators })).rejects.toThrow(/not supported/);
    }
  });

  test('where import() fails, a StateError says what to pass', async () => {
    const cause = new TypeError('import() is disallowed on ServiceWorkerGlobalScope');
    const failed = imported(Promise.reject(cause), "Erf of 'first'", 'operators of unrolled/onnx-operators');
    await expect(failed).rejects.toThrow(StateError);
    await expect(failed).rejects.toThrow(/Erf of 'first'.*unrolled\/onnx-operators/);
    await expect(failed).rejects.toMatchObject({ cause });
  });
});

describe('options that do not fit are refused by name', () => {
  const erf = () => {};
  test.each([
    ['a function', erf, 'operators'],
    ['null', null, 'operators'],
    ['a list', [{ Erf: erf }], 'operators'],
    ['a table without domains', { Erf: erf }, "operators['Erf']"],
    ['the module', { operators }, "operators['operators']['']"],
    ['a name', { '': { Erf: 'erf' } }, "operators['']['Erf']"],
  ])('operators: %s', async (_, given, argument) => {
    const loading = loadOnnx(one('Erf'), { operators: given as never });
    await expect(loading).rejects.toThrow(ArgumentError);
    await expect(loading).rejects.toMatchObject({ argument });
  });

  test('an option nobody knows', async () => {
    await expect(loadOnnx(one('Relu'), { shape: {} } as never)).rejects.toMatchObject({
      name: 'ArgumentError',
    });
  });
});

async function load(bytes: Uint8Array): Promise<OnnxOperators | undefined> {
  return (await loadOnnx(bytes)).operators;
}
