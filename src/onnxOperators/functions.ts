import { DTYPES } from '../formats/onnx/schema.ts';
import { isFloat } from '../formats/onnx/tensor.ts';
import { binary, type Operator, type Operators, unary } from '../onnxSession/kit.ts';
import { rootOf } from '../onnxSession/value.ts';

/** As unary; floats by the kernels (assembly/tensor/unary.ts). */
function tensorUnary(kind: number, f: (x: number) => number): Operator {
  return (node) => {
    const { shape, size, dtype } = node.input(0);
    if (!isFloat(dtype)) return unary(f)(node);
    node.output(shape);
    return node.step(({ kernels, px, py }) => kernels.tensor_unary(kind, 0, 0, size, px[0]!, py[0]!));
  };
}

const log: Operator = (node) => {
  const { shape, size } = node.input(0);
  node.output(shape);
  node.step(({ f32, px, py }) => {
    const [from, to] = [px[0]! / 4, py[0]! / 4];
    // by itself: where one loop calls many functions, it takes three times as long
    for (let k = 0; k < size; k++) f32[to + k] = Math.log(f32[from + k]!);
  });
};

/** A square by the kernels. */
const pow: Operator = (node) => {
  const exponent = rootOf(node.input(1));
  const square =
    exponent.data?.[0] === 2 &&
    exponent.size === 1 &&
    node.input(1).shape.length <= node.input(0).shape.length;
  if (square) tensorUnary(2, (x) => x * x)(node);
  else binary((a, b) => a ** b)(node);
};

/** Functions of each element that few layers have, and what conditions of branches are computed with. */
export const FUNCTIONS: Operators = {
  Size: (node) => node.fixed(Int32Array.of(node.input(0).size), [], DTYPES.int64),
  Equal: binary((a, b) => +(a === b), { bool: true }),
  Not: unary((x) => +!x),
  Abs: tensorUnary(1, Math.abs),
  Ceil: unary(Math.ceil),
  Floor: unary(Math.floor),
  Log: log,
  Neg: tensorUnary(0, (x) => -x),
  Reciprocal: tensorUnary(5, (x) => 1 / x),
  Sqrt: tensorUnary(3, Math.sqrt),
  Pow: pow,
};
