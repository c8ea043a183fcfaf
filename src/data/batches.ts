import { boolean, integer, isRecord, type Names, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { checkExample } from './checkExample.ts';
import { checkIndices, type Padded, padNamed, type SequenceLike } from './pad.ts';
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
  const items = all.map((example, i): Item => {
    const name = `examples[${i}]`;
    checkExample(name, example);
    return { name, example };
  });
  const order = grouped(items, { batch, seed, bucket }, ({ example }) => stepsOf(example.x));
  return {
    *[Symbol.iterator]() {
      for (const group of order) yield collate<E>(group);
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
  if (bucket) {
    const lengths = new Map(all.map((example) => [example, steps(example)]));
    all.sort((a, b) => lengths.get(b)! - lengths.get(a)!);
  }
  const groups: T[][] = [];
  for (let i = 0; i < all.length; i += batch) groups.push(all.slice(i, i + batch));
  return seed === undefined ? groups : shuffled(groups, seed);
}

/** An example and its name in errors. */
interface Item {
  readonly name: string;
  readonly example: NamedExample;
}

function collate<E extends NamedExample>(group: readonly Item[]): DataBatch<E> {
  const [inputs, joinInputs] = columnsOf('x', group, padNamed);
  const [targets, joinTargets] = columnsOf('y', group, targetsOf);
  const lengths = joinInputs(inputs.map((input) => input.lengths));
  const x = joinInputs(inputs.map((input) => input.x));
  return { x, y: joinTargets(targets), options: { lengths } } as unknown as DataBatch<E>;
}

type Join = (list: readonly unknown[]) => unknown;

/** Values of a batch as one column, or as one per name; and what joins a value per column by name. */
function columnsOf<To>(
  key: 'x' | 'y',
  group: readonly Item[],
  make: (names: readonly string[], list: readonly never[]) => To,
): readonly [columns: readonly To[], join: Join] {
  const names = group.map(({ name }) => `${name}.${key}`);
  const values: readonly unknown[] = group.map(({ example }) => example[key]);
  const [first] = values;
  if (!areNamed(first)) return [[make(names, values as never[])], ([only]) => only];
  const parts = Object.keys(first);
  const wrong = values.findIndex(
    (value) =>
      !areNamed(value) ||
      parts.length === 0 ||
      parts.length !== Object.keys(value).length ||
      !parts.every((part) => part in value),
  );
  if (wrong >= 0)
    throw new ArgumentError(names[wrong]!, `an object with ${parts.join(', ') || 'names'}`, values[wrong]);
  const columns = parts.map((part) => {
    const column = values.map((value) => (value as Record<string, never>)[part]!);
    return make(
      names.map((name) => `${name}.${part}`),
      column,
    );
  });
  return [columns, (list) => Object.fromEntries(parts.map((part, i) => [part, list[i]]))];
}

function areNamed(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && !('data' in value && 'shape' in value);
}

function targetsOf(names: readonly string[], list: readonly TargetLike[]): BatchTarget {
  if (!list.every((y) => typeof y === 'number')) {
    const { x, lengths } = padNamed(names, list as SequenceLike[]);
    return { ...x, lengths };
  }
  checkIndices(list, 'a class index', (i) => names[i]!);
  return { data: Int32Array.from(list), shape: [1, list.length] };
}

function stepsOf(x: NamedExample['x']): number {
  const { shape, length } = (x ?? {}) as { shape?: readonly number[]; length?: number };
  // what is no sequence is refused where it is read
  if (!areNamed(x)) return shape?.[0] ?? length ?? 0;
  return Object.values(x).reduce((sum, one) => sum + stepsOf(one as SequenceLike), 0);
}
