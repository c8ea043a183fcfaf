import { DTYPES } from '../../formats/onnx/schema.ts';
import { toInt } from '../../formats/onnx/tensor.ts';
import { known, type Operator, type Operators } from '../node.ts';

const shape: Operator = (node) => {
  const sizes = node.input(0).shape.slice(node.int('start', 0), node.attributes.get('end')?.i);
  node.fixed(Int32Array.from(sizes), [sizes.length], DTYPES.int64);
};

const constant: Operator = (node) => {
  const tensor = node.tensor('value');
  if (tensor) return node.fixed(tensor.data, tensor.shape, tensor.dtype);
  for (const kind of ['int', 'float'] as const) {
    const one = node.attributes.get(`value_${kind}`);
    const list = node.attributes.get(`value_${kind}s`);
    const given = one ? [one[kind[0] as 'i' | 'f']] : list?.[`${kind}s`];
    if (!given) continue;
    const isInt = kind === 'int';
    const { data, dtype } = known(isInt ? given.map(toInt) : given, isInt ? DTYPES.int64 : DTYPES.float32);
    return node.fixed(data!, one ? [] : [given.length], dtype);
  }
  return node.fail('has no numbers');
};

const constantOfShape: Operator = (node) => {
  const value = node.tensor('value');
  const fill = value?.data[0] ?? 0;
  node.output(Array.from(node.constant(0)), value?.dtype ?? DTYPES.float32);
  node.step(({ y }) => void y[0]!.fill(fill), { inputs: [] });
};

/** Operators whose outputs follow from shapes and numbers. */
export const SHAPES: Operators = {
  Shape: shape,
  Constant: constant,
  ConstantOfShape: constantOfShape,
};
