import type { LayerScope, Pass } from '../../engine/layer.ts';
import type { Initializer } from '../../init/initializers.ts';
import type { LayerShape, Place, Source } from './direction.ts';

/** A state that a cell carries from step to step, [B, features]. */
export interface StateSpec {
  /** Whether it is what the cell gives at each step; one state at most is. Else the cell gives something else. */
  readonly output?: boolean | undefined;
  /** Features. Default: hiddenSize. */
  readonly width?: number | undefined;
  /** Whether backpropagation goes through it. Default true. */
  readonly gradient?: boolean | undefined;
}

/** A parameter of one direction of one stacked layer. */
export interface ParameterKind {
  readonly shape: readonly number[];
  readonly init: Initializer;
  /** Whether a layer with `bias: false` is without it. */
  readonly isBias?: boolean | undefined;
}

/** By name, in the order in which they are saved. */
export type ParameterKinds<Names extends string = string> = Readonly<Record<Names, ParameterKind>>;

/**
 * A recurrent cell as the layers see it. All that runs, streams, saves, checks and shows recurrent layers follows from
 * its states and its parameters.
 */
export interface Cell {
  /** Such as lstm. */
  readonly name: string;
  /** By name: state h is given as `h0` and comes back as `hN`. */
  readonly states: Readonly<Record<string, StateSpec>>;
  /** Whether its kernels take rows of a table still to be looked up. */
  readonly takesTable: boolean;
  parameters(inputSize: number, hiddenSize: number): ParameterKinds;
  /** Lays out one direction of one stacked layer. clipStepNorm: 0 for no limit. */
  lay(scope: LayerScope, shape: LayerShape, from: Source, place: Place, clipStepNorm: number): Pass;
}

/** Features of what a cell gives. */
export function outputWidth({ states }: Pick<Cell, 'states'>, hiddenSize: number): number {
  return Object.values(states).find(({ output }) => output)?.width ?? hiddenSize;
}
