import { configurableWork } from '../memory/workspace.ts';
import type { Recurrence } from '../wasm/generated/structs.ts';
import { stamps } from './backend/data.ts';
import type { Exchange } from './exchange.ts';
import type { Family } from './families.ts';
import { blockOf, type Heap } from './heap.ts';
import type { RnnCell, Variable } from './tf.ts';

/** Scratch memory of the kernels, and the rows that it is for. */
export interface Work extends ReturnType<typeof configurableWork> {
  readonly rows: number;
  readonly batch: number;
}

/** Weights of a cell as the kernels read them: [G, I] by gate in our order, and packed. */
export interface CellWeights {
  readonly family: Family;
  readonly I: number;
  readonly H: number;
  /** Rows of the weights: gates · H. */
  readonly G: number;
  /** As the descriptor has them; of the biases that of the state may be none, or both. */
  readonly parameters: Readonly<Pick<Record<keyof typeof Recurrence, number>, 'wIh' | 'wHh' | 'bIh' | 'bHh'>>;
  /** Where the kernels keep the biases' sum and the packed weights. */
  readonly panels: { readonly bias: number; readonly panelsIh: number; readonly panelsHh: number };
  /** Undefined until they are packed: those of the input as a table for one-hot rows (true), or as panels. */
  packed: boolean | undefined;
  /** What `workOf` last found, by forward and backward. */
  readonly works: (Work | undefined)[];
  /** Passes that still need them. */
  users: number;
}

/** Scratch memory of the kernels. rows: of all steps. */
export function cellWork(
  { family, I, H, G }: Pick<CellWeights, 'family' | 'I' | 'H' | 'G'>,
  rows: number,
  batch: number,
  training: boolean,
): ReturnType<typeof configurableWork> {
  const { products } = family.kind;
  return configurableWork({ rows, batch, I, H, W: H, G, heads: 1, projSize: 0, products, training });
}

interface Entry extends CellWeights {
  readonly cell: RnnCell;
  readonly kernel: Variable;
  readonly release: () => void;
  ids: readonly (object | undefined)[];
}

/** Weights by cell. They are converted once per value: dataId and stamp tell. */
export class WeightStore {
  readonly #heap: Heap;
  readonly #entries = new Map<RnnCell, Entry>();

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** The weights of a cell, which then has one user more. */
  use(exchange: Exchange, cell: RnnCell, family: Family): CellWeights {
    const variables = [cell.kernel.read(), cell.recurrentKernel.read(), cell.bias?.read()];
    const ids = variables.map((variable) => variable && (stamps.get(variable.dataId) ?? variable.dataId));
    let entry = this.#entries.get(cell);
    if (!entry || ids.some((id, i) => id !== entry!.ids[i])) {
      if (!entry || entry.users) {
        this.#freeDisposed();
        const made = this.#take(cell, family);
        this.#entries.set(cell, (entry = made));
      }
      this.#convert(exchange, entry, variables);
      entry.ids = ids;
      entry.packed = undefined;
    }
    entry.users++;
    return entry;
  }

  /** Ends a use. */
  release(weights: CellWeights): void {
    const { cell, release } = weights as Entry;
    // newer ones may have taken their place
    if (!--weights.users && this.#entries.get(cell) !== weights) release();
  }

  #take(cell: RnnCell, family: Family): Entry {
    const kernel = cell.kernel.read();
    const [I, G] = kernel.shape as [number, number];
    const H = cell.units;
    const { at } = cellWork({ family, I, H, G }, 1, 1, false);
    const {
      at: { wIh, wHh, bIh, bias },
      release,
    } = blockOf(this.#heap, {
      wIh: G * I,
      wHh: G * H,
      bIh: cell.bias ? (family.hasStateBias ? 2 : 1) * G : 0,
      bias: (at.panelsHr - at.bias) / 4,
    });
    const packed = bias - at.bias;
    return {
      cell,
      family,
      kernel,
      I,
      H,
      G,
      release,
      ids: [],
      works: [],
      packed: undefined,
      users: 0,
      parameters: { wIh, wHh, bIh, bHh: bIh && family.hasStateBias ? bIh + G * 4 : 0 },
      panels: {
        bias,
        panelsIh: packed + at.panelsIh,
        panelsHh: packed + at.panelsHh,
      },
    };
  }

  #convert(exchange: Exchange, entry: Entry, variables: readonly (Variable | undefined)[]): void {
    const { I, H, G, family, parameters } = entry;
    const width = G / family.blocks.length;
    // which variable, its rows and the first of its floats
    for (const [i, rows, from, to] of [
      [0, I, 0, parameters.wIh],
      [1, H, 0, parameters.wHh],
      [2, 1, 0, parameters.bIh],
      [2, 1, G, parameters.bHh],
    ] as const) {
      if (!to) continue;
      const { ptr, close } = exchange.open(variables[i]!);
      for (const [ours, theirs] of family.blocks.entries()) {
        const at = ptr + (from + theirs * width) * 4;
        this.#heap.arena.kernels.transpose(rows, width, at, G, to + ours * width * rows * 4, rows);
      }
      close();
    }
  }

  /** Frees the weights of cells that were disposed. */
  #freeDisposed(): void {
    for (const [cell, entry] of this.#entries) {
      if (!entry.kernel.isDisposed) continue;
      this.#entries.delete(cell);
      if (!entry.users) entry.release();
    }
  }
}
