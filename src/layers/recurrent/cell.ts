import type { LayerScope, Pass } from '../../engine/layer.ts';
import type { Initializer } from '../../init/initializers.ts';
import type { Region } from '../../memory/layout.ts';
import type { LayerShape, Place, Source } from './direction.ts';

/** A state that a cell carries from step to step, [B, features]. */
export interface StateSpec {
  /** Whether it is the cell's output. True for at most one state; if for none, the output is separate. */
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
  /** Whether `bias: false` removes it. */
  readonly isBias?: boolean | undefined;
}

/** Name, in the order in which parameters are saved. */
export type ParameterKinds<Names extends string = string> = Readonly<Record<Names, ParameterKind>>;

/** A recurrent cell. Execution, streams, saved models and checks are all derived from its states and parameters. */
export interface Cell {
  /** Name, such as lstm. */
  readonly name: string;
  /** States by name: state h is passed as `h0` and returned as `hN`. */
  readonly states: Readonly<Record<string, StateSpec>>;
  /** Whether its kernels can look up input rows in a table. */
  readonly takesTable: boolean;
  parameters(inputSize: number, hiddenSize: number): ParameterKinds;
  /** Lays out one direction of one stacked layer. hook: that of its backward pass. */
  lay(scope: LayerScope, shape: LayerShape, from: Source, place: Place, hook?: StepHook): Pass;
}

/** What a backward pass calls at each step. */
export interface StepHook {
  /** [T, 3], written with `flow`. */
  readonly norms: Region | undefined;
  /** Its pointer for the kernels. */
  write(): number;
}

/** Output features of a cell. */
export function outputWidth({ states }: Pick<Cell, 'states'>, hiddenSize: number): number {
  return Object.values(states).find(({ output }) => output)?.width ?? hiddenSize;
}
