import { integers } from '../allocate.ts';
import type { MemoryArena } from '../memory/arena.ts';
import type { Layout, Region } from '../memory/layout.ts';
import { AxisRows } from './axisRows.ts';
import type { Graph } from './graph.ts';
import type { TimeAxis } from './join.ts';
import type { Layer } from './layer.ts';
import { Rows, type Valid } from './rows.ts';

/** With lengths, row i of a vector is row order[i] of the batch; undefined for the order of the batch. */
type Order = Int32Array | undefined;

/** The rows of each time axis of a graph, each in an order of its own, and those of vectors. */
export class GraphRows {
  /** Those of the first axis, in a stream of the axis that is read step by step. */
  readonly first: Rows;
  readonly #layout: Layout;
  readonly #batch: number;
  readonly #roots: readonly Rows[];
  readonly #byAxis = new Map<TimeAxis | undefined, Rows>();
  /** Of axes whose steps do not depend on an input. */
  readonly #fixed: Rows[] = [];
  readonly #vectors = new Map<Order, Rows>();
  readonly #lasts = new Map<Rows, Rows>();
  readonly #rowOf: Int32Array;
  readonly #permutations: { readonly from: Order; readonly to: Order; readonly region: Region }[] = [];

  /**
   * @param axes steps of each axis
   * @param ragged whether there are lengths
   * @param streamed index of the axis that is read step by step, which has no lengths
   */
  constructor(
    graph: Graph,
    layout: Layout,
    batch: number,
    axes: readonly number[],
    ragged: boolean,
    streamed: number,
  ) {
    this.#layout = layout;
    this.#batch = batch;
    this.#rowOf = integers(batch);
    this.#roots = graph.axes.map(({ axis }, i) => {
      const steps = axes[i]!;
      const rows = new AxisRows(
        steps,
        batch,
        ragged && i !== streamed ? layout.take('sizes', steps) : undefined,
        i,
      );
      this.#byAxis.set(axis, rows);
      return rows;
    });
    this.first = this.#roots[Math.max(streamed, 0)] ?? this.vectors(undefined);
  }

  /** Rows of an axis; of vectors in the order of the batch without one. */
  of(axis: TimeAxis | undefined): Rows {
    if (!axis) return this.vectors(undefined);
    let rows = this.#byAxis.get(axis);
    if (!rows) {
      this.#byAxis.set(axis, (rows = new Rows(axis.fixed!, this.#batch, undefined)));
      this.#fixed.push(rows);
    }
    return rows;
  }

  /** Rows of the output of a layer. */
  after(layer: Layer, rows: Rows, axis: TimeAxis | undefined): Rows {
    if (!layer.outputRows) return rows;
    let found = this.#byAxis.get(axis);
    if (!found) this.#byAxis.set(axis, (found = layer.outputRows(rows, this.#layout)));
    return found;
  }

  /** A single step of the same rows. */
  lastOf(rows: Rows): Rows {
    let last = this.#lasts.get(rows);
    if (!last) {
      last = Rows.ofLast(rows);
      last.parent = rows;
      this.#lasts.set(rows, last);
    }
    return last;
  }

  /** Rows of vectors in an order. */
  vectors(order: Order): Rows {
    let rows = this.#vectors.get(order);
    if (!rows) {
      rows = new Rows(1, this.#batch, undefined);
      if (order) {
        const parent = this.#roots.find((root) => root.order === order);
        Object.assign(rows, { order, take: order, parent });
      }
      this.#vectors.set(order, rows);
    }
    return rows;
  }

  /** For each row in one order its row in another, which `arrange` writes. */
  permutation(from: Order, to: Order): Region {
    const found = this.#permutations.find((one) => one.from === from && one.to === to);
    if (found) return found.region;
    const region = this.#layout.take('permutation', this.#batch);
    this.#permutations.push({ from, to, region });
    return region;
  }

  /** Sets the sequences of all axes. */
  arrange(arena: MemoryArena, steps: readonly number[], valid: readonly (Valid | undefined)[]): void {
    const batch = this.#batch;
    for (let i = 0; i < this.#roots.length; i++) {
      this.#roots[i]!.arrange(arena, steps[i]!, batch, valid[i]);
    }
    for (let i = 0; i < this.#fixed.length; i++) this.#fixed[i]!.arrange(arena, this.#fixed[i]!.steps, batch);
    const { i32 } = arena;
    const rowOf = this.#rowOf;
    for (let k = 0; k < this.#permutations.length; k++) {
      const { from, to, region } = this.#permutations[k]!;
      for (let i = 0; i < batch; i++) rowOf[from ? from[i]! : i] = i;
      for (let i = 0; i < batch; i++) i32[region.ptr / 4 + i] = rowOf[to ? to[i]! : i]!;
    }
  }
}
