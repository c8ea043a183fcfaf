import { integers } from '../../allocate.ts';
import { AxisRows } from '../../engine/axisRows.ts';
import type { BatchPart, RowNumbers } from '../../engine/batchPart.ts';
import { GraphPlan } from '../../engine/graphPlan.ts';
import type { Plan, PlanOutput } from '../../engine/plan.ts';
import type { Rows } from '../../engine/rows.ts';
import type { MemoryArena } from '../../memory/arena.ts';
import type { KernelCalls } from '../../wasm/generated/kernelCalls.ts';

/** A batch whose parts are computed one by one, or in several places. */
export interface WholeBatch {
  /** Rows. */
  readonly rows: number;
  /** By time axis: T, and how many steps of each row count; undefined for all. */
  readonly axes: readonly WholeAxis[];
}

/** The steps of a batch on a time axis. */
export interface WholeAxis {
  readonly steps: number;
  readonly counts: Int32Array | undefined;
}

/** The batch that a plan has been arranged for. */
export function wholeOf(plan: Plan): WholeBatch {
  const axisOf = ({ steps, lengths, sizes }: Rows) => ({
    steps,
    counts: sizes ? lengths?.slice() : undefined,
  });
  const { batch: rows } = plan;
  if (!(plan instanceof GraphPlan)) return { rows, axes: [axisOf(plan.rows)] };
  const axes: WholeAxis[] = [];
  for (const { rows } of plan.inputs)
    if (rows instanceof AxisRows) axes[rows.axis] = { ...axisOf(rows), steps: rows.whole };
  return { rows, axes };
}

/** The outputs of a plan. */
export function outputsOf(plan: Plan): readonly PlanOutput[] {
  return plan instanceof GraphPlan ? plan.planOutputs : [plan];
}

/** Rows of a batch from `first` on: they draw random numbers as those of the whole batch do. */
export class PartOfBatch implements BatchPart {
  readonly isFirst: boolean;
  readonly #arena: MemoryArena;
  readonly #whole: WholeBatch;
  readonly #first: number;
  readonly #isGraph: boolean;
  /** By time axis: place of each row of the whole batch in the order of its kernels. */
  readonly #places: (Int32Array | undefined)[];

  /** @param isFirst whether penalties on parameters are counted in this part */
  constructor(arena: MemoryArena, whole: WholeBatch, first: number, isFirst: boolean, isGraph: boolean) {
    this.#arena = arena;
    this.#whole = whole;
    this.#first = first;
    this.isFirst = isFirst;
    this.#isGraph = isGraph;
    this.#places = whole.axes.map(({ counts }) => counts && placesOf(counts));
  }

  numbers(rows: Rows): RowNumbers {
    const axis = this.#axisOf(rows);
    const { order, batch } = rows;
    const placed = axis === undefined ? undefined : this.#places[axis];
    const places = integers(batch);
    for (let i = 0; i < batch; i++) {
      const row = this.#first + (order ? order[i]! : i);
      places[i] = placed ? placed[row]! : row;
    }
    return { firsts: this.#firsts(rows, axis), places };
  }

  kernels(rows: Rows): Pick<KernelCalls, 'dropout' | 'dropout_steps'> {
    const { kernels } = this.#arena;
    const { firsts, places } = this.numbers(rows);
    return {
      dropout: (count, key, _counter, threshold, scale, x, y) => {
        const n = count / rows.count;
        this.#eachRun(rows, places, (t, i, row, length) => {
          const at = row * n * 4;
          kernels.dropout(length * n, key, (firsts[t]! + places[i]!) * n, threshold, scale, x + at, y + at);
        });
      },
      dropout_steps: (_steps, _batch, n, _sizes, key, threshold, scale, x, y) => {
        this.#eachRun(rows, places, (_t, i, row, length) => {
          const at = row * n * 4;
          kernels.dropout(length * n, key, places[i]! * n, threshold, scale, x + at, y + at);
        });
      },
    };
  }

  /** Calls `run` with step, first row in it, its index among all rows, and the number of rows that follow one another. */
  #eachRun(
    rows: Rows,
    places: Int32Array,
    run: (t: number, i: number, row: number, length: number) => void,
  ): void {
    const { i32 } = this.#arena;
    for (let t = 0, row = 0; t < rows.steps; t++) {
      const count = rows.sizes ? i32[rows.sizes / 4 + t]! : rows.batch;
      for (let i = 0; i < count; ) {
        let length = 1;
        while (i + length < count && places[i + length] === places[i]! + length) length++;
        run(t, i, row + i, length);
        i += length;
      }
      row += count;
    }
  }

  /** Index of the time axis that rows are on; undefined for those in the order of the batch. */
  #axisOf(rows: Rows): number | undefined {
    const root = rootOf(rows);
    return root instanceof AxisRows ? root.axis : this.#isGraph ? undefined : 0;
  }

  /** Number of the first row of each step of the whole batch. */
  #firsts(rows: Rows, axis: number | undefined): Int32Array {
    const { steps, batch } = rows;
    const firsts = integers(steps);
    const lengths = axis === undefined ? undefined : this.#lengthsOf(rows, this.#whole.axes[axis]!);
    // a part of the sequence, which has all rows at each step
    const from = rows.firstDrawn / batch;
    for (let t = 0; !lengths && t < steps; t++) firsts[t] = (from + t) * this.#whole.rows;
    for (let t = 1; lengths && t < steps; t++)
      firsts[t] = lengths.reduce((sum, length) => (length >= t ? sum + 1 : sum), firsts[t - 1]!);
    return firsts;
  }

  /** Steps of each row of the whole batch; undefined where all have all, or the only one. */
  #lengthsOf(rows: Rows, { counts, steps }: WholeAxis): Int32Array | undefined {
    const { parent } = rows;
    if (!parent) return rows instanceof AxisRows || rows.sizes ? counts : undefined;
    const lengths = this.#lengthsOf(parent, { counts, steps });
    return lengths && rows.lengthsFrom?.(lengths, steps);
  }
}

function rootOf(rows: Rows): Rows {
  let root = rows;
  while (root.parent) root = root.parent;
  return root;
}

/** Places of rows that are sorted by their number of steps, the longest first, as `Rows` sorts them. */
function placesOf(counts: Int32Array): Int32Array {
  const order = Array.from(counts, (_, b) => b).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const places = integers(counts.length);
  for (const [place, row] of order.entries()) places[row] = place;
  return places;
}
