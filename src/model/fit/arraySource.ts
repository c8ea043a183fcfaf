import { floats, integers } from '../../allocate.ts';
import { integer, options, reading } from '../../check.ts';
import { shuffled } from '../../data/shuffle.ts';
import { ArgumentError, BATCH_FIRST, ShapeError, showShape } from '../../errors.ts';
import { Generator } from '../../init/generator.ts';
import { type Given, type NDArray, type Numbers, readSequence, type Sequence } from '../../ndarray.ts';
import { settledList } from '../../settled.ts';
import { readVector } from '../graph/feed.ts';
import { checkRecord, pick } from '../graph/named.ts';
import type { Port, Ports } from './ports.ts';
import { Source } from './source.ts';
import type { Arrays, Batch } from './types.ts';

/** How examples are cut in batches. */
export interface Cut {
  readonly batchSize: number;
  /** Undefined: in the given order. */
  readonly seed: number | undefined;
  /** Whether all batches must have the same size, as with states that are carried. */
  readonly isWhole: boolean;
}

/** The seed of an epoch (from 1). */
export function epochSeed(seed: number, epoch: number): number {
  const generator = new Generator(seed);
  for (let i = 1; i < epoch; i++) generator.next();
  return generator.next();
}

/** Numbers per example and step; `data` has N examples at each step. */
interface Column {
  readonly data: ArrayLike<number | boolean>;
  readonly width: number;
  readonly steps: number;
  readonly make: (length: number) => Numbers & { [i: number]: number };
  /** The shape of the part with B examples. */
  shape(batch: number): number[];
}

type Named<T> = readonly (readonly [name: string, value: T])[];

/** A whole data set, cut in batches of examples. */
export class ArraySource extends Source {
  readonly batches: number;
  readonly #count: number;
  readonly #cut: Cut;
  readonly #ports: Ports;
  readonly #x: Named<Column>;
  readonly #y: Named<Column>;
  /** Numbers of labels, by target. */
  readonly #labels = new Map<string, Column>();
  readonly #more: readonly (readonly [
    option: 'lengths' | 'mask' | 'weights',
    name: string,
    column: Column,
  ])[];
  #order: readonly number[] = [];
  #at = 0;

  /** @throws {ArgumentError | ShapeError} as `step` for all examples as one batch; `argument`: name in errors */
  constructor(ports: Ports, data: Arrays, cut: Cut, argument: string) {
    super();
    const known = { x: true, y: true, lengths: true, mask: true, weights: true, count: true } as const;
    const given = options<Arrays & { count?: number }>(argument, data, known);
    const [x, y] = [fields(ports, 'x', given.x), fields(ports, 'y', given.y)];
    this.#count = this.#countOf([...x, ...y]);
    const N = this.#count;
    this.#x = x.map(([port, , sequence]) => [port.name, column(port, sequence)]);
    this.#y = y.map(([port, , sequence]) => [port.name, column(port, sequence)]);
    for (const [{ isLabels, name, label }, target] of y) {
      const { lengths } = target as { readonly lengths?: unknown };
      if (isLabels && lengths !== undefined)
        this.#labels.set(name, marks(`${label}.lengths`, lengths, N, true));
    }
    const more: [option: 'lengths' | 'mask' | 'weights', name: string, column: Column][] = [];
    const rows = (option: 'lengths' | 'mask' | 'weights', name: string, value: unknown) => {
      const label = name ? `${option}.${name}` : option;
      more.push([option, name, marks(label, value, N, option === 'lengths')]);
    };
    for (const option of ['lengths', 'mask', 'weights'] as const) {
      const value: unknown = given[option];
      if (value === undefined) continue;
      const isNamed = reading(option, value, () => {
        return Object(value) === value && !isList(value) && !('data' in (value as object));
      });
      const named = isNamed ? Object.entries(value as object) : [];
      for (const [name, one] of named) rows(option, name, one);
      if (named.length === 0) rows(option, '', value);
    }
    this.#more = more;
    this.#ports = ports;
    this.#cut = cut;
    if (cut.isWhole && N % cut.batchSize) {
      const what = `a divisor of ${N}, the number of examples, with carryState`;
      throw new ArgumentError('batchSize', what, cut.batchSize);
    }
    this.batches = Math.ceil(N / cut.batchSize);
  }

  #countOf(all: readonly (readonly [Port, Given, Sequence])[]): number {
    // a bare array has as many examples as those with a shape
    const first = all.find(([, given]) => !isList(given)) ?? all[0]!;
    const N = first[2].batch;
    for (const [port, given, sequence] of all) {
      if (isList(given) && sequence.batch !== N) readPort(port, given, N, sequence);
      if (sequence.batch === N) continue;
      throw new ShapeError(port.label, `${N} examples, as ${first[0].label}`, `${sequence.batch}`);
    }
    return N;
  }

  start(epoch: number, at: number): void {
    const { seed } = this.#cut;
    const order = Array.from({ length: this.#count }, (_, i) => i);
    this.#order = seed === undefined ? order : shuffled(order, epochSeed(seed, epoch));
    this.#at = at;
  }

  next(): Batch | undefined {
    const { batchSize } = this.#cut;
    const chosen = this.#order.slice(this.#at * batchSize, (this.#at + 1) * batchSize);
    if (chosen.length === 0) return undefined;
    this.#at++;
    const N = this.#count;
    const { input, output } = this.#ports.single;
    const part = (one: Column) => gather(one, N, chosen);
    const all = (columns: Named<Column>, single: boolean, labels?: ReadonlyMap<string, Column>) => {
      const parts = columns.map(([name, one]) => {
        const lengths = labels?.get(name);
        return [name, lengths ? { ...part(one), lengths: part(lengths).data } : part(one)] as const;
      });
      return single ? parts[0]![1] : Object.fromEntries(parts);
    };
    const more: Record<string, unknown> = {};
    for (const [option, name, one] of this.#more) {
      const value = option === 'lengths' ? part(one).data : part(one);
      if (name === '') more[option] = value;
      else more[option] = { ...(more[option] as object | undefined), [name]: value };
    }
    return { x: all(this.#x, input), y: all(this.#y, output, this.#labels), ...more };
  }
}

/** Checked sequences of all inputs, or of all targets. */
function fields(ports: Ports, argument: 'x' | 'y', given: unknown): [Port, Given, Sequence][] {
  const [of, single] =
    argument === 'x' ? [ports.inputs, ports.single.input] : [ports.outputs, ports.single.output];
  checkRecord(argument, given, of, single);
  return of.map((port) => {
    const one = pick(port.label, given, port.name, single) as Given;
    const into: Sequence = { data: [], steps: 0, batch: 0 };
    return [port, one, readPort(port, one, port.isVector ? 0 : 1, into)];
  });
}

function readPort(port: Port, given: Given, batch: number, into: Sequence): Sequence {
  return (port.isVector ? readVector : readSequence)(port.label, given, port, batch, into);
}

function column({ kind, size, isVector }: Port, { data, steps }: Sequence): Column {
  const isIndices = kind === 'indices';
  const tail = isIndices ? [] : [size];
  return {
    data,
    width: isIndices ? 1 : size,
    steps,
    make: isIndices ? integers : floats,
    shape: (batch) => (isVector ? [batch, ...tail] : [steps, batch, ...tail]),
  };
}

/** Lengths [N], or a mask or weights [T, N]. */
function marks(label: string, given: unknown, N: number, isVector: boolean): Column {
  const [data, sizes] = reading(label, given, () => {
    const { data: list = given, shape } = (given ?? {}) as { data?: unknown; shape?: unknown };
    if (!isList(list)) return [];
    // marks may be true and false
    return [Array.isArray(list) ? [...list] : settledList(list), shape && `${shape}`.replaceAll(',', ', ')];
  });
  if (!data) throw new ArgumentError(label, 'an array of numbers', given);
  const steps = data.length / N;
  const shape = (batch: number) => (isVector ? [batch] : [steps, batch]);
  if (!Number.isInteger(steps) || steps === 0 || (isVector && steps !== 1))
    throw new ShapeError(label, isVector ? `[${N}]` : `[T, ${N}]`, `${data.length} numbers`);
  if (sizes !== undefined && sizes !== shape(N).join(', '))
    throw new ShapeError(
      label,
      showShape(shape(N)),
      `[${sizes}]${sizes === `${N}, ${steps}` ? BATCH_FIRST : ''}`,
    );
  return { data, width: 1, steps, make: floats, shape };
}

function isList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

/** The numbers of the chosen examples. */
function gather(
  { data, width, steps, make, shape }: Column,
  N: number,
  chosen: readonly number[],
): NDArray<Numbers> {
  const B = chosen.length;
  const into = make(steps * B * width);
  let at = 0;
  for (let t = 0; t < steps; t++) {
    for (const example of chosen) {
      const from = (t * N + example) * width;
      for (let j = 0; j < width; j++) into[at++] = Number(data[from + j]);
    }
  }
  return { data: into, shape: shape(B) };
}

/** @throws {ArgumentError} if the batch size is below 1 */
export function batchSizeOf(given: number | undefined): number {
  return integer('batchSize', given ?? 32, 1);
}
