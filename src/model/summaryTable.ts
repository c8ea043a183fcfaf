import { elements } from '../allocate.ts';
import type { Graph } from '../engine/graph.ts';
import type { NodeShape } from '../engine/join.ts';
import type { Layer } from '../engine/layer.ts';
import type { Signal } from '../ndarray.ts';

/** Cells of a row: layer, output shape, parameters and, for a graph, what the layer reads. */
type Row = readonly string[];

/** What of a layer the table shows. */
type Shown = Pick<Layer, 'type' | 'parameters'>;

/** Keras's summary of a chain of layers: T steps of B rows, T′ where a layer changes the number of steps. */
export function chainTable(layers: readonly Layer[], input: Signal): string {
  let { size } = input;
  let steps = 'T';
  const rows = layers.map((layer, i) => {
    size = layer.outputSize(size);
    if (layer.reducesSteps) steps = '1';
    else if (layer.outputRows && steps === 'T') steps = 'T′';
    return [`${layer.name ?? i} (${layer.type})`, `[${steps}, B, ${size}]`, `${countOf(layer)}`];
  });
  return table(['Layer (type)', 'Output shape', 'Parameters'], rows, total(layers));
}

/** Keras's summary of a graph, with a row per use of a layer; a layer that is used again has no more parameters. */
export function graphTable({ inputs, values, operations, layers, axes }: Graph): string {
  const names = new Map(inputs.map(({ name, value }) => [value, name]));
  const shapeOf = ({ size, axis, kind }: NodeShape) => {
    const found = axes.find((one) => one.axis === axis);
    const steps = found ? (axes.length > 1 ? `T of ${found.name}` : 'T') : 'T′';
    return `[${[...(axis ? [steps] : []), 'B', ...(kind === 'indices' ? [] : [size])].join(', ')}]`;
  };
  const rows: Row[] = inputs.map(({ name, value }) => [
    `${name} (input)`,
    shapeOf(values[value]!.shape),
    '0',
    '',
  ]);
  const seen = new Set<number>();
  for (const { layer, place, inputs: from, initial, output, final } of operations) {
    const read = [
      ...from.map((v) => names.get(v)),
      ...initial.map(([state, v]) => `${state}0: ${names.get(v)}`),
    ];
    const parameters = seen.has(place) ? '0 (shared)' : `${countOf(layer)}`;
    seen.add(place);
    const name = layer.name ?? `${place}`;
    names.set(output, name);
    for (const [state, v] of final) names.set(v, `${name}.${state}N`);
    rows.push([`${name} (${layer.type})`, shapeOf(values[output]!.shape), parameters, read.join(', ')]);
  }
  return table(['Layer (type)', 'Output shape', 'Parameters', 'Connected to'], rows, total(layers));
}

function countOf({ parameters }: Shown): number {
  return parameters.reduce((sum, { shape, holds }) => sum + (holds ?? elements(shape)), 0);
}

function total(layers: readonly Shown[]): string {
  const count = layers.reduce((sum, layer) => sum + countOf(layer), 0);
  const shapes = layers.flatMap(({ parameters }) => parameters.map(({ shape }) => shape));
  const floats = shapes.reduce((sum, shape) => sum + elements(shape), 0);
  return `Total parameters: ${count} (${((4 * floats) / 1024).toFixed(1)} KiB)`;
}

function table(head: Row, rows: readonly Row[], last: string): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const line = (row: Row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((a, b) => a + b + 2, -2));
  return [line(head), rule, ...rows.map(line), rule, last].join('\n');
}
