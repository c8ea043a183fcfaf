import type { Value } from '../builder.ts';
import type { LayerConfig } from '../config.ts';
import { flat, type Making, product, reshaped, shaped, sizesOf } from '../tensors.ts';

/** The largest float32. */
export const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Most values that a layer has here which the file need not have. */
export const MOST_VALUES = 2 ** 20;

/** Row-major strides. */
export function stridesOf(sizes: readonly number[]): number[] {
  return sizes.map((_, i) => product(sizes.slice(i + 1)));
}

/** Row-major strides with which sizes of 1 are repeated. */
export function repeatingStrides(sizes: readonly number[]): number[] {
  return stridesOf(sizes).map((stride, i) => (sizes[i] === 1 ? 0 : stride));
}

/** Where values of another tensor are read. */
export interface View {
  readonly offset?: number;
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  /** Features of the output, to which values are added. */
  readonly into?: number;
}

/** The features of each step in another order. */
export function viewOfFeatures({ builder, layer }: Making, value: Value, { offset, ...view }: View): Value {
  const { shape } = value;
  const features = view.into ?? product(view.sizes);
  const options = { ...(offset ? { offset } : {}), ...view };
  return builder.apply(layer.name, 'Strided', options, [value], [...shape.slice(0, -1), features]);
}

/** The values of a tensor in another order, and another shape. */
export function view(making: Making, value: Value, of: View, shape: readonly number[] = of.sizes): Value {
  const { offset = 0, sizes, strides, into } = of;
  const vector = flat(making, value);
  const own = stridesOf(sizes);
  const isSame =
    !offset &&
    into === undefined &&
    product(sizes) === vector.shape[0] &&
    own.every((stride, i) => sizes[i] === 1 || stride === strides[i]);
  return shaped(making, isSame ? vector : viewOfFeatures(making, vector, of), shape);
}

/** Axes in another order. */
export function permuted(making: Making, value: Value, axes: readonly number[]): Value {
  if (axes.every((axis, i) => axis === i)) return value;
  const sizes = sizesOf(making, value);
  const strides = stridesOf(sizes);
  return view(making, value, { sizes: axes.map((i) => sizes[i]!), strides: axes.map((i) => strides[i]!) });
}

/** Runs what works on the last axis on another one. */
export function onAxis(making: Making, value: Value, axis: number, run: (value: Value) => Value): Value {
  const last = value.shape.length - 1;
  if (axis === last) return run(value);
  const axes = value.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  const made = permuted(making, run(permuted(making, value, axes)), axes);
  return making.builder.masked(making.layer, made, value);
}

/** A part of an axis: indices from `start` in steps. */
export function slice(
  making: Making,
  value: Value,
  axis: number,
  start: number,
  count: number,
  step = 1,
): Value {
  const { shape } = value;
  if (axis === shape.length - 1)
    return viewOfFeatures(making, value, { offset: start, sizes: [count], strides: [step] });
  const sizes = sizesOf(making, value);
  const strides = stridesOf(sizes);
  const offset = start * strides[axis]!;
  return view(making, value, {
    offset,
    sizes: sizes.map((size, i) => (i === axis ? count : size)),
    strides: strides.map((stride, i) => (i === axis ? step * stride : stride)),
  });
}

/** A value of one axis, which is no axis then. */
export function pick(making: Making, value: Value, axis: number, index: number): Value {
  const part = slice(making, value, axis, index, 1);
  return without(making, part, axis);
}

/** Without an axis of size 1. */
export function without(making: Making, value: Value, axis: number): Value {
  return reshaped(
    making,
    value,
    sizesOf(making, value).filter((_, i) => i !== axis),
  );
}

/** @throws {FormatError} that names the shapes */
export function notJoined(layer: LayerConfig, values: readonly Pick<Value, 'shape'>[]): never {
  layer.fail(`inputs of shapes ${values.map(({ shape }) => `[batch, ${shape}]`).join(', ')} are not joined`);
}

/** Several tensors one after the other on an axis. */
export function concatenated(making: Making, values: readonly Value[], axis: number): Value {
  const { builder, layer } = making;
  const sizes = values.map((value) => sizesOf(making, value));
  const counts = sizes.map((size) => size[axis]!);
  const shape = sizes[0]!.map((size, i) => (i === axis ? counts.reduce((a, b) => a + b) : size));
  for (const size of sizes)
    if (size.length !== shape.length || size.some((n, i) => i !== axis && n !== shape[i]))
      notJoined(layer, values);
  // with the axis first, the values of one input follow those of the one before
  const axes = [axis, ...shape.keys()].filter((each, i) => i === 0 || each !== axis);
  const vectors = values.map((value) => flat(making, permuted(making, value, axes)));
  const joined = builder.apply(layer.name, 'Concat', {}, vectors, [product(shape)]);
  const back = shape.map((_, i) => axes.indexOf(i));
  return permuted(
    making,
    shaped(
      making,
      joined,
      axes.map((i) => shape[i]!),
    ),
    back,
  );
}

/** Sum over axes. */
export function summed(making: Making, value: Value, axes: readonly number[], keeps = false): Value {
  const { builder, layer } = making;
  const { shape } = value;
  const last = shape.length - 1;
  const kept = shape.map((size, i) => (axes.includes(i) ? 1 : size));
  let sum: Value;
  if (axes.length === 1 && axes[0] === last) {
    sum = viewOfFeatures(making, value, { sizes: [layer.features(value)], strides: [0], into: 1 });
  } else if (shape.length === 2 && axes.length === 1) {
    const all = builder.allSteps(layer, value);
    const own = builder.apply(layer.name, 'SumSteps', {}, [all], [shape[1]!]);
    return keeps ? shaped(making, own, [1, shape[1]!]) : own;
  } else {
    const sizes = sizesOf(making, value);
    const strides = repeatingStrides(kept as number[]);
    sum = view(making, value, { sizes, strides, into: product(kept as number[]) }, kept as number[]);
  }
  return keeps ? sum : withoutAxes(making, sum, axes);
}

/** Without axes of size 1. */
function withoutAxes(making: Making, value: Value, axes: readonly number[]): Value {
  return [...axes].sort((a, b) => b - a).reduce((left, axis) => without(making, left, axis), value);
}

/** The largest value over axes. */
export function largest(making: Making, value: Value, axes: readonly number[], keeps = false): Value {
  const { builder, layer } = making;
  const rest = [...value.shape.keys()].filter((i) => !axes.includes(i));
  const isSteps = value.shape.length === 2 && axes.length === 1 && axes[0] === 0;
  const sizes = isSteps ? [] : sizesOf(making, value);
  const kept = rest.map((i) => sizes[i]!);
  const rows = isSteps
    ? builder.allSteps(layer, value)
    : reshaped(making, permuted(making, value, [...axes, ...rest]), [
        product(axes.map((i) => sizes[i]!)),
        product(kept),
      ]);
  const most = builder.apply(layer.name, 'Pool', { kind: 'max' }, [rows], [rows.shape[1]!]);
  const shape = keeps ? value.shape.map((size, i) => (axes.includes(i) ? 1 : size)) : kept;
  return isSteps && !keeps ? most : shaped(making, most, shape as number[]);
}

/** A function of each element. */
export function mapped(
  { builder, layer }: Making,
  value: Value,
  name: string,
  ...parameters: number[]
): Value {
  const options = { function: name, ...(parameters.length ? { parameters } : {}) };
  return builder.apply(layer.name, 'ElementMap', options, [value]);
}

/** Softmax over an axis. */
export function softmaxed(making: Making, value: Value, axis: number): Value {
  const { builder, layer } = making;
  if (axis === 0 && value.shape.length === 2) {
    builder.usesMask(layer, value);
    return builder.apply(layer.name, 'SoftmaxSteps', {}, [value]);
  }
  return onAxis(making, value, axis, (rows) =>
    builder.apply(layer.name, 'Activation', { activation: 'softmax' }, [rows]),
  );
}

/** Divided by the length over an axis, as l2_normalize; least: of the square of the length. */
export function normalized(making: Making, value: Value, axis: number, least = 1e-12): Value {
  const { builder, layer } = making;
  return onAxis(making, value, axis, (rows) => {
    const square = summed(making, mapped(making, rows, 'square'), [rows.shape.length - 1], true);
    const inverse = mapped(making, mapped(making, square, 'clip', least, LARGEST), 'rsqrt');
    const n = layer.features(rows);
    const each = viewOfFeatures(making, inverse, { sizes: [n], strides: [0] });
    return builder.apply(layer.name, 'Multiply', {}, [rows, each]);
  });
}

/** Products of as many [n, k] and [k, m] matrices as there are; a vector is one row or column. */
export function multiplied(
  making: Making,
  [a, b]: readonly [Value, Value],
  [n, k, m]: readonly [number, number, number],
  shape: readonly number[],
): Value {
  const { builder, layer } = making;
  const count = product(sizesOf(making, a)) / (n * k);
  if (product(sizesOf(making, b)) !== count * k * m) notJoined(layer, [a, b]);
  const options = { ...(count > 1 ? { count } : {}), sizes: [n, k, m] };
  const vectors = [flat(making, a), flat(making, b)];
  return shaped(making, builder.apply(layer.name, 'Matmul', options, vectors, [count * n * m]), shape);
}
