import { integers } from '../../allocate.ts';
import { reading } from '../../check.ts';
import { type KeptSteps, readSteps, type Steps } from '../../engine/batchIO.ts';
import type { Graph } from '../../engine/graph.ts';
import type { Valid } from '../../engine/rows.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import type { Sequence } from '../../ndarray.ts';
import { countedByValue } from './excludedSteps.ts';
import { checkRecord, type Named, pick } from './named.ts';

/** Options that select which steps count, of the only time axis or by input. */
export interface GraphSteps {
  /** [B] number of steps of each row, 0 to T (with several time axes 1 to T). Default: T. */
  readonly lengths?: Named<ArrayLike<number>> | undefined;
  /** [T, B] marks: true or 1 for steps that count; the state skips the others. */
  readonly mask?: Named<NonNullable<Steps['mask']>> | undefined;
}

/** The steps that count of each time axis of a graph. The records are reused by the next call. */
export class CountedSteps {
  /** Whether lengths or a mask are given. */
  ragged = false;
  /** By time axis; undefined for all of a plan without lengths. */
  readonly valid: (Valid | undefined)[] = [];
  /** By time axis: whether lengths or a mask are given for it. */
  readonly limited: boolean[] = [];
  readonly #graph: Graph;
  readonly #lengths: ByAxis;
  readonly #masks: ByAxis;
  readonly #kept: readonly KeptSteps[];
  readonly #hasMaskValues: boolean;
  /** By axis: marks that follow from the values of inputs. */
  readonly #marks: (Uint8Array | undefined)[] = [];
  /** Those of an axis. */
  readonly #given: { -readonly [K in keyof Steps]: Steps[K] } = {};

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#lengths = new ByAxis('lengths', graph);
    this.#masks = new ByAxis('mask', graph);
    this.#kept = graph.axes.map(() => ({}));
    this.#hasMaskValues = graph.inputs.some(({ maskValue }) => maskValue !== undefined);
  }

  /**
   * @param steps of each axis; 0 for one that is not given
   * @param sequences the inputs, for those with a `maskValue`
   * @throws {ArgumentError | ShapeError} as `Model.forward`
   */
  read(
    steps: readonly number[],
    batch: number,
    sequences: readonly Sequence[],
    options: GraphSteps | undefined,
  ): void {
    const { axes } = this.#graph;
    const lengths = options?.lengths;
    const mask = options?.mask;
    this.ragged = lengths !== undefined || mask !== undefined;
    for (let a = 0; a < axes.length; a++) {
      this.valid[a] = undefined;
      this.limited[a] = false;
    }
    if (!this.ragged && !this.#hasMaskValues) return;
    if (axes.length === 0) {
      const name = lengths === undefined ? 'mask' : 'lengths';
      throw new ArgumentError(name, 'undefined, since no input is a sequence', lengths ?? mask);
    }
    this.#lengths.read(lengths);
    this.#masks.read(mask);
    for (let a = 0; this.#hasMaskValues && a < axes.length; a++) {
      const isGiven = this.#lengths.given[a] !== undefined || this.#masks.given[a] !== undefined;
      this.#marks[a] = isGiven ? undefined : countedByValue(this.#graph, a, sequences);
      if (this.#marks[a]) this.ragged = true;
    }
    if (!this.ragged) return;
    for (let a = 0; a < axes.length; a++) this.#readAxis(a, steps[a]!, batch);
  }

  #readAxis(a: number, steps: number, batch: number): void {
    const given = this.#given;
    given.lengths = this.#lengths.given[a] as Steps['lengths'];
    given.mask = (this.#masks.given[a] as Steps['mask']) ?? this.#marks[a];
    const kept = this.#kept[a]!;
    const label = (given.lengths === undefined ? this.#masks : this.#lengths).labels[a] ?? 'mask';
    if (!steps) {
      const none = given.lengths ?? this.#masks.given[a];
      if (none === undefined) return;
      throw new ArgumentError(label, 'none of the input that is streamed', none);
    }
    const valid = readSteps(given, steps, batch, false, kept, label);
    if (!valid) {
      kept.lengths = (kept.lengths?.length === batch ? kept.lengths : integers(batch)).fill(steps);
      kept.mask = undefined;
      this.valid[a] = kept;
      return;
    }
    if (this.#graph.axes.length > 1) everyRow(label, valid, steps, batch);
    this.valid[a] = valid;
    this.limited[a] = true;
  }
}

/** Lengths or masks by time axis. */
class ByAxis {
  /** What is given for an input of each axis. */
  readonly given: unknown[] = [];
  /** Its name in errors. */
  readonly labels: string[] = [];
  readonly #argument: string;
  readonly #graph: Graph;
  /** Names in errors by input. */
  readonly #labels: readonly string[];

  constructor(argument: string, graph: Graph) {
    this.#argument = argument;
    this.#graph = graph;
    this.#labels = graph.inputs.map(({ name }) => `${argument}.${name}`);
  }

  /** @throws {ArgumentError} if they are not those of the only time axis, or by input */
  read(given: unknown): void {
    const { axes, inputs } = this.#graph;
    for (let a = 0; a < axes.length; a++) this.given[a] = undefined;
    if (given === undefined) return;
    const isList = Array.isArray(given) || ArrayBuffer.isView(given);
    if (axes.length === 1 && (isList || (given as { data?: unknown } | null)?.data !== undefined)) {
      this.given[0] = given;
      this.labels[0] = this.#argument;
      return;
    }
    checkRecord(this.#argument, given, inputs, false, true);
    for (let i = 0; i < inputs.length; i++) {
      const { name, axis } = inputs[i]!;
      const label = this.#labels[i]!;
      const one = pick(label, given, name, false);
      if (one === undefined) continue;
      if (axis < 0) throw new ArgumentError(label, 'undefined for an input without steps', one);
      const before = this.given[axis];
      if (before === undefined) {
        this.given[axis] = one;
        this.labels[axis] = label;
      } else if (!isSameList(label, before, one)) {
        const what = `undefined or the same as ${this.labels[axis]}, since they have the same steps`;
        throw new ArgumentError(label, what, one);
      }
    }
  }
}

function isSameList(argument: string, a: unknown, b: unknown): boolean {
  return reading(argument, b, () => {
    const [one, other] = [a, b] as (ArrayLike<unknown> | null)[];
    if (typeof one?.length !== 'number' || one.length !== other?.length) return false;
    return Array.prototype.every.call(one, (item, i) => item === other[i]);
  });
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
