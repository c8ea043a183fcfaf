import { integers } from '../../allocate.ts';
import { reading, unreadable } from '../../check.ts';
import { readSteps, type Steps } from '../../engine/batchIO.ts';
import type { Graph, NamedValue } from '../../engine/graph.ts';
import type { GraphNetwork } from '../../engine/graphNetwork.ts';
import type { Valid } from '../../engine/rows.ts';
import { ArgumentError, BATCH_FIRST, ShapeError, Verbatim } from '../../errors.ts';
import { type Given, readSequence, readShaped, type Sequence, type Signal } from '../../ndarray.ts';

/** A value for a graph with a single input or output, otherwise values by name. */
export type Named<T> = T | Readonly<Record<string, T>>;

/** Options that select which steps count, of the only time axis or by input. */
export interface GraphSteps {
  /** [B] number of steps of each row, 0 to T (with several time axes 1 to T). Default: T. */
  readonly lengths?: Named<ArrayLike<number>> | undefined;
  /** [T, B] marks: true or 1 for steps that count; the state skips the others. */
  readonly mask?: Named<NonNullable<Steps['mask']>> | undefined;
}

/** Checked inputs of a graph. The record is reused by the next call. */
export interface Fed {
  batch: number;
  /** By input; a vector has one step. */
  readonly sequences: Sequence[];
  /** By time axis. */
  readonly steps: number[];
  /** By time axis: steps that count; undefined for all of a plan without lengths. */
  readonly valid: (Valid | undefined)[];
  /** By time axis: whether lengths or a mask are given for it. */
  readonly limited: boolean[];
  /** Whether lengths or a mask are given. */
  ragged: boolean;
}

export function emptyFed(graph: Graph): Fed {
  return {
    batch: 0,
    sequences: graph.inputs.map(() => ({ data: [], steps: 0, batch: 0 })),
    steps: [],
    valid: [],
    limited: [],
    ragged: false,
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
      const { name, value } = inputs[i]!;
      const { shape } = values[value]!;
      if (i === left || (shape.axis === undefined) !== (isVector === 1)) continue;
      const label = left >= 0 ? `given.${name}` : single.input ? 'x' : `x.${name}`;
      const data = pick(label, given, name, single.input);
      const sequence = into.sequences[i]!;
      if (shape.axis) readSequence(label, data as Given, shape, rows, sequence);
      else readVector(label, data as Given, shape, into.batch, sequence);
      if (into.batch && sequence.batch !== into.batch) {
        throw new ShapeError(label, `batch ${into.batch}, as other inputs`, `batch ${sequence.batch}`);
      }
      into.batch = sequence.batch;
      for (let a = 0; a < axes.length; a++) {
        if (axes[a]!.axis !== shape.axis) continue;
        const known = into.steps[a]!;
        if (known && known !== sequence.steps) {
          const other = `x.${axes[a]!.name}`;
          throw new ShapeError(label, `${known} steps, as ${other}`, `${sequence.steps}`);
        }
        into.steps[a] = sequence.steps;
      }
    }
  }
  readValid(into, network.graph, options);
  network.checkSteps(into.steps, into.limited);
  return into;
}

/**
 * Reads a vector per row: [B, size] features or [B] indices; also [1, B, size] and [1, B], one step.
 * @param batch 0 if it is not known
 */
export function readVector(
  name: string,
  given: Given,
  { kind, size }: Signal,
  batch: number,
  into: Sequence,
): Sequence {
  const width = kind === 'indices' ? 1 : size;
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
      if ((data[i]! | 0) !== data[i]) throw new ArgumentError(`${name}[${i}]`, 'a 32-bit integer', data[i]);
    }
    into.data = data;
    into.steps = 1;
    into.batch = rows;
    return into;
  } catch (error) {
    throw unreadable(name, given, error);
  }
}

/**
 * Checks that values are given by name, those of a graph and no others.
 * @throws {ArgumentError} unless it is an object with these names
 */
export function checkRecord(
  argument: string,
  given: unknown,
  expected: readonly NamedValue[],
  single: boolean,
  some = false,
): void {
  if (single) return;
  const names = () => `an object with ${expected.map(({ name }) => name).join(', ')}`;
  if (typeof given !== 'object' || given === null || Array.isArray(given) || ArrayBuffer.isView(given)) {
    throw new ArgumentError(argument, names(), given);
  }
  try {
    for (const name in given) {
      if (!expected.some((one) => one.name === name)) {
        throw new ArgumentError(`${argument}.${name}`, names(), new Verbatim(`the unknown name ${name}`));
      }
    }
    for (let i = 0; !some && i < expected.length; i++) {
      const { name } = expected[i]!;
      if (Object.hasOwn(given, name)) continue;
      throw new ArgumentError(`${argument}.${name}`, names(), new Verbatim(`none of name ${name}`));
    }
  } catch (error) {
    throw unreadable(argument, given, error);
  }
}

/** The value of a name, or the single one. */
export function pick(label: string, given: unknown, name: string, single: boolean): unknown {
  if (single) return given;
  try {
    return (given as Record<string, unknown>)[name];
  } catch (error) {
    throw unreadable(label, given, error);
  }
}

/** Checks lengths and masks. */
function readValid(into: Fed, graph: Graph, options: GraphSteps | undefined): void {
  const { axes } = graph;
  const { lengths, mask } = options ?? {};
  into.ragged = lengths !== undefined || mask !== undefined;
  for (let a = 0; a < axes.length; a++) {
    into.valid[a] = undefined;
    into.limited[a] = false;
  }
  if (!into.ragged) return;
  const name = lengths === undefined ? 'mask' : 'lengths';
  if (axes.length === 0)
    throw new ArgumentError(name, 'undefined, since no input is a sequence', lengths ?? mask);
  const byName = [byInput('lengths', graph, lengths), byInput('mask', graph, mask)] as const;
  for (let a = 0; a < axes.length; a++) {
    const steps = into.steps[a]!;
    if (!steps) continue;
    const [ofLengths, ofMask] = [byName[0][a], byName[1][a]];
    const given = { lengths: ofLengths?.given, mask: ofMask?.given } as Steps;
    const of = (ofLengths ?? ofMask)?.of;
    const valid = readSteps(given, steps, into.batch, false, of) ?? {
      lengths: integers(into.batch).fill(steps),
    };
    if (axes.length > 1) everyRow(`${ofLengths ? 'lengths' : 'mask'}${of ?? ''}`, valid, steps, into.batch);
    into.valid[a] = valid;
    into.limited[a] = given.lengths !== undefined || given.mask !== undefined;
  }
}

/** Lengths or a mask, and what ends their name: that of an input, `.source`, or nothing. */
interface OfInput {
  readonly given: unknown;
  readonly of: string;
}

/** By time axis what is given for one of its inputs. */
function byInput(argument: string, graph: Graph, given: unknown): (OfInput | undefined)[] {
  const { axes, inputs, values } = graph;
  const found: (OfInput | undefined)[] = axes.map(() => undefined);
  if (given === undefined) return found;
  const isList = Array.isArray(given) || ArrayBuffer.isView(given);
  if (axes.length === 1 && (isList || (given as { data?: unknown } | null)?.data !== undefined))
    return [{ given, of: '' }];
  checkRecord(argument, given, inputs, false, true);
  for (const { name, value } of inputs) {
    const one = pick(`${argument}.${name}`, given, name, false);
    if (one === undefined) continue;
    const a = axes.findIndex(({ axis }) => axis === values[value]!.shape.axis);
    if (a < 0) throw new ArgumentError(`${argument}.${name}`, 'undefined for an input without steps', one);
    const before = found[a];
    if (before === undefined) found[a] = { given: one, of: `.${name}` };
    else if (!reading(argument, given, () => isSameList(before.given, one))) {
      const what = `undefined or the same as ${argument}${before.of}, since they have the same steps`;
      throw new ArgumentError(`${argument}.${name}`, what, one);
    }
  }
  return found;
}

function isSameList(a: unknown, b: unknown): boolean {
  const [one, other] = [a, b] as (ArrayLike<unknown> | null)[];
  if (typeof one?.length !== 'number' || one.length !== other?.length) return false;
  return Array.prototype.every.call(one, (item, i) => item === other[i]);
}

/** With several time axes every row has at least one step of each. */
function everyRow(argument: string, { lengths, mask }: Valid, steps: number, batch: number): void {
  for (let b = 0; b < batch; b++) {
    let length = lengths ? lengths[b]! : 0;
    for (let t = 0; mask && t < steps; t++) if (mask[t * batch + b]) length++;
    if (length > 0) continue;
    const what = 'at least one step of each row, since there are several time axes';
    throw new ArgumentError(argument, what, new Verbatim(`none of row ${b}`));
  }
}

/** Checks that targets or gradients have the steps and the batch of an output. */
export function checkTargets(label: string, { steps, batch }: Sequence, wanted: number, rows: number): void {
  if (steps === wanted && batch === rows) return;
  const hint = batch === wanted && steps === rows ? BATCH_FIRST : '';
  throw new ShapeError(
    label,
    `${wanted} ${wanted === 1 ? 'step' : 'steps'} of ${rows} rows, as the output`,
    `${steps} of ${batch}${hint}`,
  );
}
