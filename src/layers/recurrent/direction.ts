import type { LayerScope } from '../../engine/layer.ts';
import type { Region } from '../../memory/layout.ts';

/** Sizes of one direction of one stacked layer. */
export interface LayerShape {
  readonly I: number;
  readonly H: number;
  /** Rows of the input table; 0 without one. */
  readonly V: number;
}

/** Its input: rows x [N, I], or a table x [V, I] and indices [N]. */
export interface Source {
  readonly x: Region;
  readonly index: Region | undefined;
  /** Gradient of the table, which is accumulated; 0 without one. */
  readonly dTable: number;
}

/** Its direction and the pointers of its parameters; 0 for missing ones. */
export interface Place {
  readonly reverse: boolean;
  parameter(kind: string): number;
  gradient(kind: string): number;
  /** The parameter itself. */
  region(kind: string): Region | undefined;
}

/**
 * Steps whose input is projected at once in inference: their gates [., B, gates] take up to 1 MB. With 256 kB one thread is as fast, and
 * several have more barriers.
 */
export function chunkSteps({ steps, batch }: LayerScope, gates: number): number {
  return Math.max(1, Math.min(steps, Math.floor(250_000 / (batch * gates))));
}
