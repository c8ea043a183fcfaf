import { DTYPES } from '../formats/onnx/schema.ts';
import type { CallAttributes, Operator, Operators, PlannedNode } from '../onnxSession/node.ts';
import type { Value } from '../onnxSession/value.ts';
import { along, centered } from './quantize.ts';
import { windowAttributes } from './windowAttributes.ts';

const INT32 = { to: DTYPES.int32 };

/** (a − its zero point) · (b − its zero point) as floats. */
function product(
  node: PlannedNode,
  a: Value,
  zeroA: Value | undefined,
  b: Value,
  zeroB: Value | undefined,
): Value {
  return node.call('MatMul', [centered(node, a, zeroA, -2), centered(node, b, zeroB, -1)]);
}

function convolved(
  node: PlannedNode,
  x: Value,
  zeroX: Value | undefined,
  w: Value,
  zeroW: Value | undefined,
  bias?: Value,
): Value {
  return node.call(
    'Conv',
    [centered(node, x, zeroX, 0), centered(node, w, zeroW, 0), bias],
    windowAttributes(node),
  );
}

/** x · scale, `scale` of one number or one per index of an axis. */
function scaled(node: PlannedNode, x: Value, scale: Value, axis: number): Value {
  return node.call('Mul', [x, along(scale, axis, x.shape.length)]);
}

/** Sums of products as integers of `scale`: sums · a · b / scale, nearest, plus a zero point. */
function requantized(
  node: PlannedNode,
  sums: Value,
  a: Value,
  b: Value,
  scale: Value,
  zero: Value | undefined,
  axis: number,
): Value {
  const factor = node.call('Div', [node.call('Mul', [a, b]), scale]);
  return node.call('QuantizeLinear', [
    scaled(node, sums, factor, axis),
    ONE,
    zero && { ...zero, shape: [], of: zero },
  ]);
}

const ONE: Value = { dtype: DTYPES.float32, shape: [], size: 1, data: Float32Array.of(1) };

const matMulInteger: Operator = (node) => {
  const y = product(node, node.input(0), node.inputs[2], node.input(1), node.inputs[3]);
  node.alias(node.call('Cast', [y], INT32));
};

const convInteger: Operator = (node) => {
  const y = convolved(node, node.input(0), node.inputs[2], node.input(1), node.inputs[3]);
  node.alias(node.call('Cast', [y], INT32));
};

const qLinearMatMul: Operator = (node) => {
  const [a, scaleA, zeroA, b, scaleB, zeroB, scale, zero] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) =>
    node.input(i),
  ) as [Value, Value, Value, Value, Value, Value, Value, Value];
  node.alias(requantized(node, product(node, a, zeroA, b, zeroB), scaleA, scaleB, scale, zero, -1));
};

const qLinearConv: Operator = (node) => {
  const [x, scaleX, zeroX, w, scaleW, zeroW, scale, zero] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) =>
    node.input(i),
  ) as [Value, Value, Value, Value, Value, Value, Value, Value];
  // a bias of int32 in units of the sums
  const bias = node.inputs[8] && node.call('Cast', [node.inputs[8]], { to: DTYPES.float32 });
  node.alias(requantized(node, convolved(node, x, zeroX, w, zeroW, bias), scaleX, scaleW, scale, zero, 1));
};

/** a · b as floats: the sums of products by both scales, plus a bias. */
function toFloat(
  node: PlannedNode,
  a: Value,
  b: Value,
  scaleA: Value,
  scaleB: Value,
  zeroA: Value | undefined,
  zeroB: Value | undefined,
  bias: Value | undefined,
): void {
  const y = scaled(node, scaled(node, product(node, a, zeroA, b, zeroB), scaleB, -1), scaleA, -2);
  node.alias(bias ? node.call('Add', [y, bias]) : y);
}

const matMulIntegerToFloat: Operator = (node) =>
  toFloat(
    node,
    node.input(0),
    node.input(1),
    node.input(2),
    node.input(3),
    node.inputs[4],
    node.inputs[5],
    node.inputs[6],
  );

const dynamicQuantizeMatMul: Operator = (node) => {
  const [a, scale, zero] = node.calls('DynamicQuantizeLinear', [node.input(0)], {}, 3) as [
    Value,
    Value,
    Value,
  ];
  toFloat(node, a, node.input(1), scale, node.input(2), zero, node.inputs[3], node.inputs[4]);
};

const qGemm: Operator = (node) => {
  const [a, scaleA, zeroA, b, scaleB, zeroB] = [0, 1, 2, 3, 4, 5].map((i) => node.input(i)) as [
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const turned = (v: Value, name: string) => (node.int(name, 0) ? node.call('Transpose', [v]) : v);
  const x = centered(node, turned(a, 'transA'), zeroA, -2);
  const w = turned(centered(node, b, zeroB, node.int('transB', 0) ? 0 : -1), 'transB');
  let sums = node.call('MatMul', [x, w]);
  const bias = node.inputs[6];
  const alpha: Value = { ...ONE, data: Float32Array.of(node.float('alpha', 1)) };
  const units = node.call('Mul', [scaleA, alpha]);
  if (bias) sums = node.call('Add', [sums, node.call('Cast', [bias], { to: DTYPES.float32 })]);
  const scale = node.inputs[7];
  if (!scale) return node.alias(scaled(node, scaled(node, sums, scaleB, -1), units, -1));
  return node.alias(requantized(node, sums, units, scaleB, scale, node.inputs[8], -1));
};

/** An operator of floats between dequantized inputs and a quantized output: triples of a tensor, its scale and zero point. */
function between(
  op: string,
  count: number,
  attributes: (node: PlannedNode) => CallAttributes = () => ({}),
): Operator {
  return (node) => {
    const inputs = Array.from({ length: count }, (_, i) =>
      node.call('DequantizeLinear', [node.input(3 * i), node.input(3 * i + 1), node.inputs[3 * i + 2]]),
    );
    const y = node.call(op, inputs, attributes(node));
    node.alias(node.call('QuantizeLinear', [y, node.input(3 * count), node.inputs[3 * count + 1]]));
  };
}

const qLinearConcat: Operator = (node) => {
  const count = Math.floor((node.inputs.length - 2) / 3);
  const parts = Array.from({ length: count }, (_, i) =>
    node.call('DequantizeLinear', [node.input(3 * i + 2), node.input(3 * i + 3), node.inputs[3 * i + 4]]),
  );
  const y = node.call('Concat', parts, { axis: node.int('axis', 0) });
  node.alias(node.call('QuantizeLinear', [y, node.input(0), node.inputs[1]]));
};

/** Products of integers. */
export const INTEGERS: Operators = {
  MatMulInteger: matMulInteger,
  ConvInteger: convInteger,
  QLinearMatMul: qLinearMatMul,
  QLinearConv: qLinearConv,
};

/** Operators of integers that ONNX Runtime adds. */
export const CONTRIBUTED_INTEGERS: Operators = {
  MatMulIntegerToFloat: matMulIntegerToFloat,
  DynamicQuantizeMatMul: dynamicQuantizeMatMul,
  QGemm: qGemm,
  QLinearAdd: between('Add', 2),
  QLinearMul: between('Mul', 2),
  QLinearSigmoid: between('Sigmoid', 1),
  QLinearLeakyRelu: between('LeakyRelu', 1, (node) => ({ alpha: node.float('alpha', 0.01) })),
  QLinearSoftmax: between('Softmax', 1, (node) => ({ axis: node.int('axis', -1) })),
  QLinearAveragePool: between('AveragePool', 1, (node) => ({
    ...windowAttributes(node),
    ceil_mode: node.int('ceil_mode', 0),
    count_include_pad: node.int('count_include_pad', 0),
  })),
  QLinearGlobalAveragePool: between('GlobalAveragePool', 1),
  QLinearReduceMean: between('ReduceMean', 1, (node) => ({
    keepdims: node.int('keepdims', 1),
    ...(node.has('axes') ? { axes: node.ints('axes')! } : {}),
  })),
  QLinearConcat: qLinearConcat,
};
