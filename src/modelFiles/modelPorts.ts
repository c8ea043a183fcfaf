import type { NodeShape } from '../engine/join.ts';
import { ArgumentError, ShapeError, Verbatim } from '../errors.ts';
import { type Given, Model, type NDArray, type Sequential } from '../index.ts';
import type { Port, Value } from './opened.ts';

/** How a file orders the dimensions of a sequence: [T, B, …] as this package, or [B, T, …] as Keras. */
export type Layout = 'time-major' | 'batch-first';

interface Named {
  readonly name: string;
  readonly shape: Pick<NodeShape, 'kind' | 'size'> & { readonly axis: unknown };
}

/** Inputs and outputs of a layers model. */
export function portsOf(model: Sequential | Model, layout: Layout): { inputs: Port[]; outputs: Port[] } {
  const { inputs, outputs } = namesOf(model);
  const port = ({ name, shape: { kind, size, axis } }: Named): Port => {
    const sequence = layout === 'batch-first' ? ['B', 'T'] : ['T', 'B'];
    const dims = [...(axis ? sequence : ['B']), ...(kind === 'indices' ? [] : [size])];
    return kind === 'indices' ? { name, type: 'int32', dims, below: size } : { name, type: 'float32', dims };
  };
  return { inputs: inputs.map(port), outputs: outputs.map(port) };
}

/** Runs a layers model on values in the file's layout. Outputs have one dimension per step as the model gives them. */
export function runModel(
  model: Sequential | Model,
  values: readonly Value[],
  layout: Layout,
): readonly Value[] {
  const { inputs, outputs } = namesOf(model);
  const given = matched(inputs, values).map((value, i) => arrayOf(value, inputs[i]!, layout));
  const x = isSingle(model).input
    ? given[0]!
    : Object.fromEntries(inputs.map(({ name }, i) => [name, given[i]!]));
  const result = (model as Sequential).forward(x as Given);
  const results = outputs.length === 1 && 'shape' in result ? [result] : Object.values(result);
  return (results as NDArray[]).map((array, i) => {
    const { name, shape } = outputs[i]!;
    const { data, dims } =
      layout === 'batch-first' && shape.axis
        ? swapped(array.data, array.shape)
        : { data: array.data, dims: array.shape };
    return { name, type: 'float32', dims, data };
  });
}

/** Whether a model takes and gives a value itself, or values by name. */
export function isSingle(model: Sequential | Model): { readonly input: boolean; readonly output: boolean } {
  return model instanceof Model ? model.graph.single : { input: true, output: true };
}

/** Values in the order of the inputs: by name, else the one that is left, else in order. */
export function matched(inputs: readonly { readonly name: string }[], values: readonly Value[]): Value[] {
  if (values.length !== inputs.length)
    throw new ArgumentError(
      'inputs',
      `${inputs.length} (${names(inputs)})`,
      new Verbatim(`${values.length} (${names(values)})`),
    );
  const byName = inputs.map(({ name }) => values.find((value) => value.name === name));
  return byName.every((value) => value) ? (byName as Value[]) : [...values];
}

function names(list: readonly { readonly name: string }[]): string {
  return list.map(({ name }) => name).join(', ');
}

function namesOf(model: Sequential | Model): { inputs: Named[]; outputs: Named[] } {
  if (model instanceof Model) {
    const { inputs, outputs, values } = model.graph;
    const named = ({ name, value }: { name: string; value: number }) => ({
      name,
      shape: values[value]!.shape,
    });
    return { inputs: inputs.map(named), outputs: outputs.map(named) };
  }
  const { input, layers } = { input: model.network.input, layers: model.layers };
  const size = layers.reduce((size, layer) => layer.outputSize(size), input.size);
  return {
    inputs: [{ name: 'x', shape: { ...input, axis: true } }],
    outputs: [{ name: 'output', shape: { kind: 'features', size, axis: true } }],
  };
}

/** A value as the model takes it, time-major. */
function arrayOf({ name, dims, data }: Value, { shape }: Named, layout: Layout): Given {
  const numbers = shape.kind === 'indices' ? indicesOf(name, data) : Float32Array.from(data, Number);
  const rank = (shape.axis ? 2 : 1) + (shape.kind === 'indices' ? 0 : 1);
  // one feature may have no dimension of its own, and a batch of one neither
  let all = [...dims];
  if (all.length === rank - 1 && shape.kind === 'features' && shape.size === 1) all.push(1);
  if (shape.axis && all.length === rank - 1)
    all = layout === 'batch-first' ? [1, ...all] : [all[0]!, 1, ...all.slice(1)];
  if (all.length !== rank) throw new ShapeError(`input ${name}`, `${rank} dimensions`, dims);
  if (layout === 'time-major' || !shape.axis) return { data: numbers, shape: all };
  const { data: turned, dims: shapeOf } = swapped(numbers, all);
  return { data: turned, shape: shapeOf };
}

/** @throws {ArgumentError} if one is not an integer */
function indicesOf(name: string, data: Value['data']): Int32Array {
  return Int32Array.from(data as ArrayLike<number>, (given, i) => {
    const value = Number(given);
    if ((value | 0) !== value) throw new ArgumentError(`input ${name}[${i}]`, 'a 32-bit integer', value);
    return value;
  });
}

/** Exchanges the first two dimensions. */
function swapped<A extends Float32Array | Int32Array>(
  data: A,
  [a = 1, b = 1, ...rest]: readonly number[],
): { data: A; dims: number[] } {
  const width = rest.reduce((product, size) => product * size, 1);
  const out = data.slice() as A;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      const from = (i * b + j) * width;
      out.set(data.subarray(from, from + width) as never, (j * a + i) * width);
    }
  }
  return { data: out, dims: [b, a, ...rest] };
}
