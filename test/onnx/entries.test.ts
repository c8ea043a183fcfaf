import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { FormatError, loadOnnx } from '../../src/onnx/index.ts';
import { OPERATORS } from '../../src/onnx/operators.ts';
import { operators } from '../../src/onnxOperators/index.ts';
import { model, port } from './encode.ts';

/** What recurrent models of PyTorch, tf2onnx and keras2onnx have once their constants are computed. */
const COMMON =
  'Transpose Squeeze Unsqueeze Reshape Slice Concat Gather Split Flatten Identity Cast Expand Shape MatMul Gemm Add Mul Sub Div Relu Sigmoid Tanh Softmax LogSoftmax ReduceSum ReduceMean Sqrt Pow Neg Reciprocal Clip Log Conv Pad PRelu MaxPool Loop Less And ConvTranspose BatchNormalization ScatterND Greater Where GatherElements RNN LSTM GRU';
/** What their constants are computed with. */
const FOLDED = 'Constant ConstantOfShape Equal If Not Range Size';

beforeAll(async () => {
  await init();
});

const one = (op: string) =>
  model({
    node: [{ opType: op, name: 'first', input: ['x'], output: ['y'] }],
    input: [port('x', [2])],
    output: [port('y', [2])],
  });

describe('operators of ONNX by entry', () => {
  test('none is in both', () => {
    expect(Object.keys(operators['']!).filter((name) => name in OPERATORS)).toEqual([]);
  });

  test('what recurrent models have needs no other entry', () => {
    expect(`${COMMON} ${FOLDED}`.split(' ').filter((name) => !(name in OPERATORS))).toEqual([]);
  });

  test('one of the other entry is refused without it: node, type, opset, and what to import', () => {
    const load = () => loadOnnx(one('Erf'));
    expect(load).toThrow(FormatError);
    expect(load).toThrow(
      /Erf 'first' \(opset 13\).*unrolled\/onnx-operators.*loadOnnx\(bytes, \{ operators \}\)/,
    );
    expect(() => loadOnnx(one('Erf'), { operators })).not.toThrow(FormatError);
  });

  test('one that is in none is refused with both', () => {
    expect(() => loadOnnx(one('Nothing'), { operators })).toThrow(
      /Nothing 'first' \(opset 13\).*not supported/,
    );
    expect(() => loadOnnx(one('toString'), { operators })).toThrow(/toString.*not supported/);
  });
});
