import { boolean, integer, isRecord, type Names, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { NDArray } from '../ndarray.ts';
import { checkExample } from './checkExample.ts';
import { type Padded, pad, type SequenceLike } from './pad.ts';
import { listOf, shuffled } from './shuffle.ts';

/** A target: a class index, or a sequence as long as its input, of one step, or of labels for `ctc`. */
export type TargetLike = number | SequenceLike;

/** An input sequence and its target. */
export interface Example {
  /** The input, as for `pad`. */
  readonly x: SequenceLike;
  /** The target. */
  readonly y: TargetLike;
}

/** An example for a `Model` with named inputs or outputs. */
export interface NamedExample {
  /** The inputs by name, or the only one. */
  readonly x: SequenceLike | Readonly<Record<string, SequenceLike>>;
  /** The targets by name, or the only one. */
  readonly y: TargetLike | Readonly<Record<string, TargetLike>>;
}

/** Options of `batches`. */
export interface BatchesOptions {
  /** Examples per batch; the last one may have fewer. */
  readonly batch: number;
  /** Shuffles with this seed; use another one per epoch. Default: no shuffling. */
  readonly seed?: number | undefined;
  /** Puts examples of similar lengths into the same batch, which saves time. Default true. */
  readonly bucket?: boolean | undefined;
}

/** Targets of a batch. */
export type BatchTarget = Padded['x'] & {
  /** [B] labels of each example, if targets are sequences: `ctc` needs them. */
  readonly lengths?: Int32Array<ArrayBuffer> | undefined;
};

/** `To` for one value, by name for several. */
type Batched<Given, One, To> = Given extends One ? To : { readonly [Name in keyof Given]: To };

/** A padded batch, for `trainer.step(x, y, options)` and `fit`. */
export interface DataBatch<E extends NamedExample = Example> {
  /** [T, B] indices or [T, B, F] features; by name as in the examples. */
  readonly x: Batched<E['x'], SequenceLike, Padded['x']>;
  /** Targets: [1, B] class indices, or padded as x; by name as in the examples. */
  readonly y: Batched<E['y'], TargetLike, BatchTarget>;
  /** The lengths of x. */
  readonly options: {
    /** [B] steps of each example; by name as x. */
    readonly lengths: Batched<E['x'], SequenceLike, Int32Array<ArrayBuffer>>;
  };
}

const OPTIONS: Names<BatchesOptions> = { batch: true, seed: true, bucket: true };

/**
 * Padded batches of examples of different lengths. With `bucket`, shuffled examples are sorted by length (the sum of all
 * inputs) and cut into batches, whose order is shuffled; examples of one length stay shuffled.
 *
 * @throws {ArgumentError} if there are no examples, or an option is out of range
 * @throws {ShapeError} if examples of one batch have different numbers of features
 */
export function batches<E extends NamedExample>(
  examples: Iterable<E>,
  opts: BatchesOptions,
): Iterable<DataBatch<E>> {
  const { batch, seed, bucket = true } = options('batches', opts, OPTIONS);
  integer('batch', batch, 1);
  boolean('bucket', bucket);
  const all = listOf('examples', examples);
  if (all.length === 0) throw new ArgumentError('examples', 'at least one example', all);
  for (const [i, example] of all.entries()) checkExample(`examples[${i}]`, example);
  const order = grouped(all, { batch, seed, bucket }, ({ x }) => stepsOf(x));
  return {
    *[Symbol.iterator]() {
      for (const group of order) yield collate(group);
    },
  };
}

/** Examples cut in batches, as `batches` does it. */
export function grouped<T>(
  examples: readonly T[],
  { batch, seed, bucket }: BatchesOptions,
  steps: (example: T) => number,
): T[][] {
  const all = seed === undefined ? [...examples] : shuffled(examples, seed);
  if (bucket) all.sort((a, b) => steps(b) - steps(a));
  const groups: T[][] = [];
  for (let i = 0; i < all.length; i += batch) groups.push(all.slice(i, i + batch));
  return seed === undefined ? groups : shuffled(groups, seed);
}

function collate<E extends NamedExample>(group: readonly E[]): DataBatch<E> {
  const inputs = columnsOf(
    'x',
    group.map(({ x }) => x),
    (_, list) => pad(list as SequenceLike[]),
  );
  const padded = (key: 'x' | 'lengths') =>
    'single' in inputs
      ? inputs.single[key]
      : Object.fromEntries(Object.entries(inputs.named).map(([name, input]) => [name, input[key]]));
  const targets = columnsOf(
    'y',
    group.map(({ y }) => y),
    targetsOf,
  );
  const y = 'single' in targets ? targets.single : targets.named;
  return { x: padded('x'), y, options: { lengths: padded('lengths') } } as unknown as DataBatch<E>;
}

type Columns<To> = { readonly single: To } | { readonly named: Readonly<Record<string, To>> };

/** Values of a batch as one column, or as one per name. */
function columnsOf<To>(
  argument: string,
  values: readonly unknown[],
  make: (argument: string, list: readonly unknown[]) => To,
): Columns<To> {
  const [first] = values;
  if (!areNamed(first)) return { single: make(argument, values) };
  const names = Object.keys(first);
  const other = values.find(
    (value) =>
      !areNamed(value) || Object.keys(value).length !== names.length || names.some((n) => !(n in value)),
  );
  if (other !== undefined || names.length === 0)
    throw new ArgumentError(argument, `an object with ${names.join(', ') || 'names'}`, other ?? first);
  const column = (name: string) => values.map((value) => (value as Record<string, unknown>)[name]);
  return {
    named: Object.fromEntries(names.map((name) => [name, make(`${argument}.${name}`, column(name))])),
  };
}

function areNamed(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && !('data' in value && 'shape' in value);
}

function targetsOf(argument: string, list: readonly unknown[]): BatchTarget {
  if (list.every((y) => typeof y === 'number')) return labelsOf(argument, list);
  const { x, lengths } = pad(list as SequenceLike[]);
  return { ...x, lengths };
}

function labelsOf(argument: string, labels: readonly number[]): NDArray<Int32Array<ArrayBuffer>> {
  const wrong = labels.findIndex((y) => (y | 0) !== y);
  if (wrong >= 0) throw new ArgumentError(argument, 'class indices', labels[wrong]);
  return { data: Int32Array.from(labels), shape: [1, labels.length] };
}

function stepsOf(x: NamedExample['x']): number {
  const { shape, length } = (x ?? {}) as { shape?: readonly number[]; length?: number };
  // what is no sequence is refused where it is read
  if (!areNamed(x)) return shape?.[0] ?? length ?? 0;
  return Object.values(x).reduce((sum, one) => sum + stepsOf(one as SequenceLike), 0);
}
