import { ArgumentError, Verbatim } from '../errors.ts';
import type { SavedStates } from '../model/core/save.ts';
import type { Port, Ports } from '../model/fit/ports.ts';
import type { Named } from '../model/graph/named.ts';
import type { BatchOptions } from '../model/trainer.ts';
import type { Given, Numbers } from '../ndarray.ts';

/** A batch, or a part of one. */
export interface Piece {
  readonly x: Named<Given>;
  readonly y: Named<Given>;
  readonly options: BatchOptions | undefined;
}

/** Rows from `first` to before `last`. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * Ranges of rows, as equal as they can be: the same for any number of workers.
 * @throws {ArgumentError} if there are fewer rows than ranges
 */
export function ranges({ first, last }: Range, count: number): Range[] {
  const rows = last - first;
  if (rows < count)
    throw new ArgumentError('x', `a batch of at least ${count} rows`, new Verbatim(`${rows} rows`));
  const at = (i: number) => first + Math.floor((rows * i) / count);
  return Array.from({ length: count }, (_, i) => ({ first: at(i), last: at(i + 1) }));
}

/**
 * Ranges of which each has a step that counts: one that has none goes to the one before, the first ones to the one after.
 * counts: steps of each row that count.
 */
export function withSteps(given: readonly Range[], counts: ArrayLike<number> | undefined): Range[] {
  const isEmpty = ({ first, last }: Range): boolean => {
    for (let row = first; row < last; row++) if (!counts || counts[row]! > 0) return false;
    return true;
  };
  const made: Range[] = [];
  for (const range of given) {
    const before = made.at(-1);
    if (before && (isEmpty(range) || isEmpty(before)))
      made[made.length - 1] = { first: before.first, last: range.last };
    else made.push(range);
  }
  return made;
}

/** The rows of a range of a checked batch of `rows` rows. */
export function cut({ x, y, options }: Piece, ports: Ports, rows: number, range: Range): Piece {
  const { inputs, outputs, single } = ports;
  const cutter = new Cutter(rows, range);
  return {
    x: byName(x, inputs, single.input, (given, port) => cutter.array(given, port)),
    y: byName(y, outputs, single.output, (given, port) => cutter.array(given, port)),
    options: options && cutOptions(options, ports, cutter),
  };
}

/** The steps from `first` to before `last` of a checked batch of `rows` rows; states are those of the first step. */
export function cutSteps({ x, y, options }: Piece, ports: Ports, rows: number, range: Range): Piece {
  const { inputs, outputs, single } = ports;
  const { first, last } = range;
  const part = (given: Given, width: number, row: readonly number[]): Given => ({
    data: Array.prototype.slice.call(listOf(given), first * width, last * width),
    shape: [last - first, ...row],
  });
  const array = (given: Given, { kind, size }: Port): Given =>
    kind === 'indices' ? part(given, rows, [rows]) : part(given, rows * size, [rows, size]);
  const { weights } = options ?? {};
  return {
    x: byName(x, inputs, single.input, array),
    y: byName(y, outputs, single.output, array),
    options: weights && { weights: part(weights as Given, rows, [rows]) },
  };
}

function cutOptions({ lengths, mask, weights, states, warmup }: BatchOptions, ports: Ports, cutter: Cutter) {
  const { inputs, outputs } = ports;
  const oneOf = <T>(given: Named<T>, of: readonly Port[], each: (value: T) => unknown) =>
    byName(given, of, isList(given) || 'data' in (given as object), each);
  return {
    warmup,
    lengths: lengths && oneOf(lengths, inputs, (list) => cutter.vector(list)),
    mask: mask && oneOf(mask, inputs, (given) => cutter.steps(given as Given)),
    weights: weights && oneOf(weights, outputs, (given) => cutter.steps(given as Given)),
    states:
      states &&
      Object.fromEntries(Object.entries(states).map(([name, given]) => [name, cutter.vector(listOf(given))])),
  } as BatchOptions;
}

/** Values of a single port, or by name; of those that are given. */
function byName<T, U>(
  given: Named<T>,
  ports: readonly Port[],
  isSingle: boolean,
  each: (value: T, port: Port) => U,
): Named<U> {
  if (isSingle) return each(given as T, ports[0]!);
  const values = given as Readonly<Record<string, T>>;
  const present = ports.filter(({ name }) => values[name] !== undefined);
  return Object.fromEntries(present.map((port) => [port.name, each(values[port.name]!, port)]));
}

function isList(given: unknown): given is Numbers {
  return Array.isArray(given) || ArrayBuffer.isView(given);
}

function listOf(given: unknown): Numbers {
  return isList(given) ? given : (given as { data: Numbers }).data;
}

/** The numbers of a range of rows of arrays [steps, rows, …]. */
class Cutter {
  readonly #rows: number;
  readonly #range: Range;

  constructor(rows: number, range: Range) {
    this.#rows = rows;
    this.#range = range;
  }

  get #count(): number {
    return this.#range.last - this.#range.first;
  }

  /** An input or targets. */
  array(given: Given, { kind, size, isVector, isLabels }: Port): Given {
    const data = listOf(given);
    const width = kind === 'indices' ? 1 : size;
    const steps = data.length / (this.#rows * width);
    const row = kind === 'indices' ? [this.#count] : [this.#count, size];
    const { lengths } = given as { lengths?: Numbers };
    return {
      data:
        kind === 'indices'
          ? this.#numbers(data, steps, Int32Array)
          : this.#numbers(data, steps, Float32Array),
      shape: isVector ? row : [steps, ...row],
      ...(isLabels && lengths ? { lengths: this.vector(lengths) } : {}),
    };
  }

  /** Numbers [rows, …]. */
  vector(data: Numbers): Float32Array {
    return this.#numbers(data, 1, Float32Array);
  }

  /** Numbers [steps, rows]. */
  steps(given: Given): Given {
    const data = listOf(given);
    const steps = data.length / this.#rows;
    return { data: this.#numbers(data, steps, Float32Array), shape: [steps, this.#count] };
  }

  #numbers<A extends Float32Array | Int32Array>(data: Numbers, steps: number, Kind: new (n: number) => A): A {
    const { first } = this.#range;
    const width = data.length / (steps * this.#rows);
    const piece = new Kind(steps * this.#count * width);
    for (let t = 0, at = 0; t < steps; t++) {
      const from = (t * this.#rows + first) * width;
      for (let i = 0; i < this.#count * width; i++) piece[at++] = Number(data[from + i]!);
    }
    return piece;
  }
}

/** The states of a range of rows. */
export function cutStates(given: SavedStates | undefined, range: Range): SavedStates | undefined {
  if (!given) return undefined;
  const cutter = new Cutter(given.batch, range);
  const batch = range.last - range.first;
  const states = given.states.map(({ shape, data }) => ({
    shape: [batch, ...shape.slice(1)],
    data: cutter.vector(data) as Float32Array<ArrayBuffer>,
  }));
  return { batch, states };
}

/** The states of all rows, from those of the ranges in order. */
export function joinStates(parts: readonly (SavedStates | undefined)[]): SavedStates | undefined {
  const [first] = parts;
  if (!first) return undefined;
  const all = parts as readonly SavedStates[];
  const batch = all.reduce((sum, part) => sum + part.batch, 0);
  const states = first.states.map(({ shape }, i) => {
    const lists = all.map((part) => part.states[i]!.data);
    const data = new Float32Array(lists.reduce((sum, list) => sum + list.length, 0));
    let at = 0;
    for (const list of lists) {
      data.set(list, at);
      at += list.length;
    }
    return { shape: [batch, ...shape.slice(1)], data };
  });
  return { batch, states };
}
