import { DTYPES } from '../formats/onnx/schema.ts';
import { isFloat, type TensorData } from '../formats/onnx/tensor.ts';
import type { Operator, Operators, PlannedNode } from '../onnxSession/node.ts';
import { RANGES } from '../onnxSession/ops/rounding.ts';
import { around } from '../onnxSession/ops/softmax.ts';
import { rootOf, type Value } from '../onnxSession/value.ts';
import { roundEven } from './rounding.ts';

/** The smallest and the largest integer of a type. */
function limitsOf(node: PlannedNode, dtype: number): readonly [number, number] {
  if (dtype === DTYPES.int32) return [-(2 ** 31), 2 ** 31 - 1];
  const [bits, signed] = RANGES[dtype] ?? node.fail('expected integers of 8 to 32 bits');
  return signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

/** The nearest integer of a type; NaN gives its zero point. */
function quantized(v: number, zero: number, low: number, high: number): number {
  const rounded = (roundEven(v) || 0) + zero;
  return rounded < low ? low : rounded > high ? high : rounded;
}

/** The index of the scale of element i: of the tensor, of an index of an axis, or of a block of an axis. */
function scaleIndex(node: PlannedNode, { shape }: Value, scale: Value): (i: number) => number {
  if (scale.size === 1) return () => 0;
  const axis = node.axis(node.int('axis', 1), shape.length);
  const [, size, inner] = around(shape, axis);
  if (scale.shape.length === 1) {
    if (scale.size !== size) node.fail(`${scale.size} scales for ${size} indices of axis ${axis}`);
    return (i) => Math.floor(i / inner) % size;
  }
  const blocks = scale.shape[axis]!;
  const block = node.int('block_size', 0) || Math.ceil(size / blocks);
  const fits = scale.shape.every((own, i) => own === (i === axis ? Math.ceil(size / block) : shape[i]));
  if (!fits || scale.shape.length !== shape.length)
    node.fail(`scales [${scale.shape}] for [${shape}] in blocks of ${block}`);
  return (i) => {
    const row = Math.floor(i / inner);
    return (Math.floor(row / size) * blocks + Math.floor((row % size) / block)) * inner + (i % inner);
  };
}

/** Checks the zero points of scales. */
function checkZeros(node: PlannedNode, scale: Value): void {
  const zero = node.inputs[2];
  if (!isFloat(scale.dtype)) node.fail('expected scales of floats');
  if (zero && zero.size !== scale.size) node.fail(`${zero.size} zero points for ${scale.size} scales`);
}

const quantizeLinear: Operator = (node) => {
  const [value, scale] = [node.input(0), node.input(1)];
  const zero = node.inputs[2];
  checkZeros(node, scale);
  const dtype = zero?.dtype ?? (node.int('output_dtype', 0) || DTYPES.uint8);
  const [low, high] = limitsOf(node, dtype);
  const at = scaleIndex(node, value, scale);
  node.output(value.shape, dtype);
  node.step(({ x, y }) => {
    const [from, scales, to] = [x[0]!, x[1]!, y[0]!];
    for (let i = 0; i < to.length; i++) {
      const k = at(i);
      to[i] = quantized(Math.fround(from[i]! / scales[k]!), zero ? x[2]![k]! : 0, low, high);
    }
  });
};

const dequantizeLinear: Operator = (node) => {
  const [value, scale] = [node.input(0), node.input(1)];
  const zero = node.inputs[2];
  checkZeros(node, scale);
  limitsOf(node, value.dtype);
  const at = scaleIndex(node, value, scale);
  node.output(value.shape, node.int('output_dtype', 0) || scale.dtype);
  node.step(({ x, y }) => {
    const [from, scales, to] = [x[0]!, x[1]!, y[0]!];
    for (let i = 0; i < to.length; i++) {
      const k = at(i);
      to[i] = (from[i]! - (zero ? x[2]![k]! : 0)) * scales[k]!;
    }
  });
};

/** Scale and zero point with which 0 to 255 hold n numbers and 0; `use` is given them. */
export function uint8Range(
  from: ArrayLike<number>,
  at: number,
  n: number,
  use: (scale: number, zero: number) => void,
): void {
  let [low, high] = [0, 0];
  for (let i = at; i < at + n; i++) {
    const v = from[i]!;
    if (v < low) low = v;
    else if (v > high) high = v;
  }
  const scale = high === low ? 1 : Math.fround(Math.fround(high - low) / 255);
  use(scale, quantized(Math.fround(-low / scale), 0, 0, 255));
}

/** The number nearest to v that 0 to 255 hold, less the zero point. */
export function toUint8(v: number, scale: number, zero: number): number {
  return quantized(Math.fround(v / scale), zero, 0, 255) - zero;
}

const dynamicQuantizeLinear: Operator = (node) => {
  const { shape } = node.input(0);
  node.output(shape, DTYPES.uint8);
  node.output([], DTYPES.float32);
  node.output([], DTYPES.uint8);
  let from: TensorData;
  let y: readonly TensorData[];
  const write = (scale: number, zero: number) => {
    const to = y[0]!;
    y[1]![0] = scale;
    y[2]![0] = zero;
    for (let i = 0; i < to.length; i++) to[i] = toUint8(from[i]!, scale, zero) + zero;
  };
  node.step((io) => {
    from = io.x[0]!;
    y = io.y;
    uint8Range(from, 0, from.length, write);
  });
};

/** Whether a zero point is left out or 0. */
function isZero(zero: Value | undefined): boolean {
  return !zero || Boolean(rootOf(zero).data?.every((v) => v === 0));
}

/** Integers less their zero point, as floats; zero points of an axis, if they are several. */
export function centered(node: PlannedNode, value: Value, zero: Value | undefined, axis: number): Value {
  const floats = (v: Value) => node.call('Cast', [v], { to: DTYPES.float32 });
  if (isZero(zero)) return floats(value);
  return node.call('Sub', [floats(value), along(floats(zero!), axis, value.shape.length)]);
}

/** A list as one axis of `rank` dimensions, to be broadcast; one number, or more dimensions, stay as they are. */
export function along(list: Value, axis: number, rank: number): Value {
  if (list.size === 1 || list.shape.length > 1)
    return { ...list, ...(list.size === 1 ? { shape: [] } : {}), of: list };
  const at = axis < 0 ? axis + rank : axis;
  const shape = Array.from({ length: rank }, (_, i) => (i === at ? list.size : 1));
  return { ...list, shape, of: list };
}

/** Between integers and floats. */
export const QUANTIZE: Operators = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
};
