import { integers } from '../../allocate.ts';
import { integer, reading } from '../../check.ts';
import { readSteps, type Steps } from '../../engine/batchIO.ts';
import type { Network } from '../../engine/network.ts';
import type { PlanOutput } from '../../engine/plan.ts';
import { ArgumentError, ShapeError } from '../../errors.ts';
import type { Loss } from '../../losses/loss.ts';
import type { Region } from '../../memory/layout.ts';
import { type Given, readSequence } from '../../ndarray.ts';
import { settledList } from '../../settled.ts';
import type { Batch, BatchShape } from '../core/batch.ts';
import { Objective } from '../core/objective.ts';

/** An objective whose targets are labels without times: a loss of whole rows. */
export class CTCObjective extends Objective {
  /** Memory for a row's labels, the rows of its steps, and what the kernel keeps. */
  #room: Region = { ptr: 0, shape: [], length: 0 };
  readonly #blank: number;
  /** Divisor of the mean where a batch is a shard of a larger one; otherwise the number of its rows with steps. */
  divisor: number | undefined;

  /** @throws {ArgumentError} if blank is no output of the model */
  constructor(network: Network, loss: Loss, size = network.outputSize, label = 'y') {
    super(network, loss, size, label);
    this.#blank = integer('blank', loss.blank, 0, size - 1);
  }

  override read(into: Batch, shape: BatchShape, x: Given, y: Given, given: Steps | undefined): Batch {
    readSequence('x', x, shape.input, shape.rows, into.x);
    const { steps, batch } = into.x;
    into.valid = given === undefined ? undefined : readSteps(given, steps, batch, false, into.kept);
    this.readLabels(into, y, shape.outputSteps(steps, into.valid !== undefined));
    return into;
  }

  /**
   * Checks the labels of a batch whose input was read. steps: those of the output.
   * @throws {ArgumentError | ShapeError} as `Trainer.step`
   */
  readLabels(into: Batch, y: Given, steps: number): void {
    const { label } = this;
    const { batch } = into.x;
    readSequence(label, y, { kind: 'indices', size: this.size }, batch, into.y);
    if (into.y.batch !== batch) throw new ShapeError(label, `[S, ${batch}]`, [into.y.steps, into.y.batch]);
    into.labels = {
      data: into.y.data,
      longest: into.y.steps,
      lengths: readLengths(`${label}.lengths`, y, into.y.steps, batch),
    };
    this.#checkLabels(into.labels, batch);
    this.#reserve(steps, into.y.steps);
  }

  #checkLabels({ data, lengths, longest }: NonNullable<Batch['labels']>, batch: number): void {
    const last = this.size - 1;
    for (let s = 0; s < longest; s++) {
      for (let b = 0; b < batch; b++) {
        const label = data[s * batch + b]!;
        if (s >= lengths[b]! || (label >= 0 && label <= last && label !== this.#blank)) continue;
        const wanted = `a label in 0..${last} other than the blank ${this.#blank}`;
        throw new ArgumentError(`${this.label} (label ${s}, row ${b})`, wanted, label);
      }
    }
  }

  /** Memory for rows with the given steps and labels. Call before a plan is made. */
  #reserve(steps: number, labels: number): void {
    const floats = 2 * ((steps + 2) * (2 * labels + 1) + steps) + steps + labels;
    if (this.#room.length < floats) this.#room = this.network.reserve('memory of ctc', 2 * floats);
  }

  /** Nothing: labels are written row by row. */
  override writeTargets(): void {}

  /** The rows that have steps. @throws {ArgumentError} if a row's labels need more steps than it has */
  override count(batch: Batch, plan: PlanOutput): number {
    const { data, lengths } = batch.labels!;
    let rows = 0;
    for (let b = 0; b < batch.x.batch; b++) {
      const steps = stepsOf(plan, b);
      let needed = lengths[b]!;
      for (let s = 1; s < lengths[b]!; s++) {
        if (data[s * batch.x.batch + b] === data[(s - 1) * batch.x.batch + b]) needed++;
      }
      if (needed > steps) {
        const labels = `labels of row ${b} that fit into its ${steps} steps`;
        throw new ArgumentError(this.label, labels, `${lengths[b]} labels, which need ${needed}`);
      }
      if (steps > 0) rows++;
    }
    return this.divisor ?? this.some(rows);
  }

  override run(
    batch: Batch,
    plan: PlanOutput,
    _first: number,
    _rows: number,
    gradient: number,
    count: number,
  ): number {
    const { arena } = this.network;
    const { data, lengths } = batch.labels!;
    const { batch: rows } = batch.x;
    const { order, sizes } = plan.outputRows;
    let sum = 0;
    for (let at = 0; at < rows; at++) {
      const b = order ? order[at]! : at;
      const steps = stepsOf(plan, b);
      if (steps === 0) continue;
      const index = this.#room.ptr / 4;
      const targets = index + steps;
      const memory = arena.i32;
      for (let t = 0, first = 0; t < steps; t++) {
        memory[index + t] = first + at;
        first += sizes ? memory[sizes / 4 + t]! : rows;
      }
      const length = lengths[b]!;
      for (let s = 0; s < length; s++) memory[targets + s] = data[s * rows + b]!;
      // doubles lie at multiples of 8
      const work = 8 * Math.ceil((targets + length) / 2);
      sum += this.loss.run(arena.kernels, {
        rows: steps,
        size: this.size,
        output: plan.output.ptr,
        targets: 4 * targets,
        gradient,
        count,
        labels: { index: 4 * index, length, work },
      });
    }
    return sum;
  }
}

/** Steps of the output of row b. */
function stepsOf({ outputRows }: PlanOutput, b: number): number {
  return outputRows.lengths ? outputRows.lengths[b]! : outputRows.steps;
}

function readLengths(name: string, y: Given, longest: number, batch: number): Int32Array {
  const { lengths } = y as { lengths?: ArrayLike<number> };
  if (lengths === undefined) return integers(batch).fill(longest);
  const given = reading(name, lengths, () => settledList(lengths)) as ArrayLike<number>;
  if (given.length !== batch) throw new ShapeError(name, `[${batch}]`, `${given.length} numbers`);
  return Int32Array.from(given, (n, b) => integer(`${name}[${b}]`, n, 0, longest));
}
