import type { LayerScope } from '../../engine/layer.ts';
import type { Region } from '../../memory/layout.ts';

/** What one direction of one stacked layer is laid out for. */
export interface LayerShape {
  readonly I: number;
  readonly H: number;
  /** Rows of the table that the input's rows are rows of; 0 without one. */
  readonly V: number;
}

/** What it reads: rows x [N, I], or rows of a table x [V, I] in the order of indices [N]. */
export interface Source {
  readonly x: Region;
  readonly index: Region | undefined;
  /** Gradient of the table, which is added to; 0 without one. */
  readonly dTable: number;
}

/** Its direction, and its parameters: pointers, 0 where there is none. */
export interface Place {
  readonly reverse: boolean;
  parameter(kind: string): number;
  gradient(kind: string): number;
  /** The parameter itself. */
  region(kind: string): Region | undefined;
}

/** Inference projects the input of so many steps at once that their gates [., B, gates] stay in L2 (256 kB). */
export function chunkSteps({ steps, batch }: LayerScope, gates: number): number {
  return Math.max(1, Math.min(steps, Math.floor(65_536 / (batch * gates))));
}
