import type { LayerFlow } from 'unrolled';

export declare const SYMBOLS: number;
export declare const DELAY: number;
export declare const UPDATES: number;

/** Makers of the recurrent layers that are compared, by name. */
export declare const CELLS: Record<string, () => unknown>;

export interface Recall {
  /** Share 0..1 of 512 fresh sequences whose symbol is named. */
  readonly accuracy: number;
  /** Of each update. */
  readonly losses: readonly number[];
  /** Mean loss of the 25 updates up to this one. */
  readonly lossAfter: (update: number) => number;
  /** In the first update. */
  readonly flow: LayerFlow;
}

/** Trains a cell from a seed. */
export declare function recall(cell: string, seed?: number): Recall;
