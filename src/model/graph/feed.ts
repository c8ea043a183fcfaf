import { isIndex, unreadable } from '../../check.ts';
import type { Graph } from '../../engine/graph.ts';
import type { GraphNetwork } from '../../engine/graphNetwork.ts';
import { ArgumentError, ShapeError } from '../../errors.ts';
import { type Given, readSequence, readShaped, type Sequence, type Signal, widthOf } from '../../ndarray.ts';
import { CountedSteps, type GraphSteps } from './countedSteps.ts';
import { checkRecord, pick } from './named.ts';

/** Checked inputs of a graph. The record is reused by the next call. */
export interface Fed {
  batch: number;
  /** By input; a vector has one step. */
  readonly sequences: Sequence[];
  /** By time axis. */
  readonly steps: number[];
  /** Steps that count. */
  readonly counted: CountedSteps;
}

export function emptyFed(graph: Graph): Fed {
  return {
    batch: 0,
    sequences: graph.inputs.map(() => ({ data: [], steps: 0, batch: 0 })),
    steps: [],
    counted: new CountedSteps(graph),
  };
}

/**
 * Reads and checks the inputs of a graph.
 * @param rows batch size of sequences given as bare arrays
 * @param left index of an input that is not given
 * @throws {ArgumentError | ShapeError} as `Model.forward`
 */
export function readInputs(
  into: Fed,
  network: GraphNetwork,
  given: unknown,
  options: GraphSteps | undefined,
  rows?: number,
  left = -1,
): Fed {
  const { inputs, single, values, axes } = network.graph;
  if (left < 0) checkRecord('x', given, inputs, single.input);
  into.batch = 0;
  for (let i = 0; i < axes.length; i++) into.steps[i] = 0;
  // sequences first: they tell the batch of vectors without a shape
  for (let isVector = 0; isVector < 2; isVector++) {
    for (let i = 0; i < inputs.length; i++) {
      const { name, value, axis } = inputs[i]!;
      const { shape } = values[value]!;
      if (i === left || axis < 0 !== (isVector === 1)) continue;
      const label = left >= 0 ? `given.${name}` : inputs[i]!.label;
      const data = pick(label, given, name, single.input);
      const sequence = into.sequences[i]!;
      if (axis >= 0) readSequence(label, data as Given, shape, rows, sequence);
      else readVector(label, data as Given, shape, into.batch, sequence);
      if (into.batch && sequence.batch !== into.batch) {
        throw new ShapeError(label, `batch ${into.batch}, as other inputs`, `batch ${sequence.batch}`);
      }
      into.batch = sequence.batch;
      if (axis < 0) continue;
      const known = into.steps[axis]!;
      if (known && known !== sequence.steps) {
        const other = `x.${axes[axis]!.name}`;
        throw new ShapeError(label, `${known} steps, as ${other}`, `${sequence.steps}`);
      }
      into.steps[axis] = sequence.steps;
    }
  }
  into.counted.read(into.steps, into.batch, into.sequences, options);
  network.checkSteps(into.steps, into.counted.limited);
  return into;
}

/**
 * Reads a vector per row: [B, size] features or [B] indices; also [1, B, size] and [1, B], one step.
 * @param batch 0 if it is not known
 */
export function readVector(
  name: string,
  given: Given,
  signal: Signal,
  batch: number,
  into: Sequence,
): Sequence {
  const { kind, size } = signal;
  const width = widthOf(signal);
  try {
    const shape = (given as { shape?: unknown } | undefined)?.shape;
    const isBare = Array.isArray(given) || ArrayBuffer.isView(given);
    const rank = kind === 'indices' ? 1 : 2;
    const lead = !isBare && Array.isArray(shape) && shape.length === rank + 1 && shape[0] === 1 ? 1 : 0;
    const length = isBare
      ? (given as ArrayLike<number>).length / width
      : Array.isArray(shape)
        ? shape[lead]
        : 0;
    const rows = batch || (Number.isSafeInteger(length) && length > 0 ? (length as number) : 1);
    const wanted = kind === 'indices' ? [rows] : [rows, size];
    const data = readShaped(name, given, lead ? [1, ...wanted] : wanted);
    for (let i = 0; kind === 'indices' && i < data.length; i++) {
      if (!isIndex(data[i])) throw new ArgumentError(`${name}[${i}]`, 'a 32-bit integer', data[i]);
    }
    into.data = data;
    into.steps = 1;
    into.batch = rows;
    return into;
  } catch (error) {
    throw unreadable(name, given, error);
  }
}
