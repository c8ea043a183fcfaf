import { DTYPES } from '../../formats/onnx/schema.ts';
import { clampInt } from '../../formats/onnx/tensor.ts';
import type { Operator } from '../node.ts';

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

const range: Operator = (node) => {
  const [start, limit, delta] = [0, 1, 2].map(
    (i) => node.constant(i)?.[0] ?? node.fail(`lacks input ${i}`),
  ) as [number, number, number];
  node.output([Math.max(0, Math.ceil((limit - start) / delta))]);
  node.step(({ y }) => {
    for (let i = 0; i < y[0]!.length; i++) y[0]![i] = start + i * delta;
  });
};

const oneHot: Operator = (node) => {
  const indices = node.input(0);
  const depth = node.constant(1)![0]!;
  const axis = node.axis(node.int('axis', -1), indices.shape.length + 1);
  const shape = [...indices.shape];
  shape.splice(axis, 0, depth);
  node.output(shape, node.input(2).dtype);
  const inner = indices.shape.slice(axis).reduce((a, b) => a * b, 1);
  node.step(({ x, y }) => {
    const [off, on] = [x[2]![0]!, x[2]![1]!];
    y[0]!.fill(off);
    for (let i = 0; i < indices.size; i++) {
      const given = x[0]![i]!;
      const at = given < 0 ? given + depth : given;
      if (at >= 0 && at < depth) y[0]![(Math.floor(i / inner) * depth + at) * inner + (i % inner)] = on;
    }
  });
};

const eyeLike: Operator = (node) => {
  const { shape, dtype } = node.input(0);
  const k = node.int('k', 0);
  node.output(shape, node.int('dtype', dtype));
  node.step(({ y }) => {
    y[0]!.fill(0);
    for (let i = 0; i < shape[0]!; i++) if (i + k >= 0 && i + k < shape[1]!) y[0]![i * shape[1]! + i + k] = 1;
  });
};

/** Its output has as many columns as values differ from 0: they must be known when it is planned. */
const nonZero: Operator = (node) => {
  const { shape } = node.input(0);
  const data = node.constant(0)!;
  const found = [...data.keys()].filter((i) => data[i] !== 0);
  let inner = data.length;
  const rows = shape.map((size) => {
    inner /= size;
    return found.map((i) => Math.floor(i / inner) % size);
  });
  node.fixed(Int32Array.from(rows.flat()), [shape.length, found.length], DTYPES.int64);
};

/** Operators whose outputs follow from shapes and numbers. */
export const SHAPES: Readonly<Record<string, Operator>> = {
  Shape: shape,
  Size: (node) => node.fixed(Int32Array.of(node.input(0).size), [], DTYPES.int64),
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  OneHot: oneHot,
  EyeLike: eyeLike,
  NonZero: nonZero,
};
