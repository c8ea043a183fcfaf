import { DTYPES } from '../../formats/onnx/schema.ts';
import { clampInt } from '../../formats/onnx/tensor.ts';
import type { Operator, Operators } from '../node.ts';

const shape: Operator = (node) => {
  const sizes = node
    .input(0)
    .shape.slice(node.int('start', 0), node.has('end') ? node.int('end', 0) : undefined);
  node.fixed(Int32Array.from(sizes), [sizes.length], DTYPES.int64);
};

const constant: Operator = (node) => {
  const tensor = node.tensor('value');
  if (tensor) return node.fixed(tensor.data, tensor.shape, tensor.dtype);
  const [ints, floats] = [node.ints('value_ints'), node.floats('value_floats')];
  if (node.has('value_int'))
    return node.fixed(Int32Array.of(clampInt(node.int('value_int', 0))), [], DTYPES.int64);
  if (node.has('value_float'))
    return node.fixed(Float32Array.of(node.float('value_float', 0)), [], DTYPES.float32);
  if (node.has('value_ints'))
    return node.fixed(Int32Array.from(ints!, clampInt), [ints!.length], DTYPES.int64);
  if (node.has('value_floats'))
    return node.fixed(Float32Array.from(floats!), [floats!.length], DTYPES.float32);
  return node.fail('has a value that is no tensor of numbers');
};

const constantOfShape: Operator = (node) => {
  const value = node.tensor('value');
  const fill = value?.data[0] ?? 0;
  node.output(Array.from(node.constant(0)!), value?.dtype ?? DTYPES.float32);
  node.step(({ y }) => void y[0]!.fill(fill), { inputs: [] });
};

/** Operators whose outputs follow from shapes and numbers. */
export const SHAPES: Operators = {
  Shape: shape,
  Constant: constant,
  ConstantOfShape: constantOfShape,
};
