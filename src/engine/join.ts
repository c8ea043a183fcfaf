import type { Region } from '../memory/layout.ts';
import type { Signal } from '../ndarray.ts';
import type { Layer, LayerScope, ParameterSpec, Pass } from './layer.ts';
import type { Rows } from './rows.ts';

/**
 * The time axis of a sequence in a graph: the number of steps and the lengths are those of one input. Sequences can be
 * joined if their axes are the same.
 */
export class TimeAxis {
  /** For a layer that changes the number of steps: the axis of its input, and its steps as a function of that axis's. */
  readonly parent:
    | {
        /** The axis of the input. */
        readonly axis: TimeAxis;
        /** Steps of this axis for the given steps of the input. */
        readonly steps: (steps: number) => number;
      }
    | undefined;
  /** Number of steps, if it does not depend on an input; all rows have as many. */
  readonly fixed: number | undefined;
  /** Whether all steps of each row count, whatever lengths or mask the axis that it follows from has. */
  readonly all: boolean;
  readonly #derived = new Map<string, TimeAxis>();

  constructor(opts: Pick<Partial<TimeAxis>, 'parent' | 'fixed' | 'all'> = {}) {
    this.parent = opts.parent;
    this.fixed = opts.fixed;
    this.all = opts.all ?? false;
  }

  /**
   * The axis that follows from this one by a map of the number of steps, which never decreases. One axis per key, so
   * that outputs of two equal convolutions can be joined.
   */
  derived({ key, steps, all = false }: NonNullable<Layer['timeAxis']>): TimeAxis {
    let axis = this.#derived.get(key);
    if (!axis) this.#derived.set(key, (axis = new TimeAxis({ parent: { axis: this, steps }, all })));
    return axis;
  }
}

/** Whether sequences on two axes (undefined: vectors) can be joined step by step. */
export function sameAxis(a: TimeAxis | undefined, b: TimeAxis | undefined): boolean {
  return a === b || (a?.fixed !== undefined && a.fixed === b?.fixed);
}

/** What a node holds: at each step of each row an index or features, or a single vector [B, size] per row. */
export interface NodeShape extends Signal {
  /** Its time axis; undefined for a vector. */
  readonly axis: TimeAxis | undefined;
}

/** An input of a layer with several inputs, laid out in a plan. */
export interface JoinInput {
  /** Its features and time axis. */
  readonly shape: NodeShape;
  /** [N, size] values, N = rows.count; a vector has N = B. */
  readonly region: Region;
  /**
   * Rows of its axis in the current call; a vector has one step. With lengths, row b of a step is row order[b] of the
   * batch. Sequences on different axes have different orders. A vector has that of the first sequence among the
   * inputs, otherwise that of the first input.
   */
  readonly rows: Rows;
}

/** The pass of a layer with several inputs. */
export interface JoinPass extends Pick<Pass, 'output' | 'begin' | 'forward' | 'end'> {
  /**
   * dy: pointer of the gradient with respect to the output. dx: pointers of those with respect to each input, which
   * are overwritten; 0 to skip one. Parameter gradients are accumulated.
   */
  backward(dy: number, dx: readonly number[]): void;
}

/** A layer with several inputs, such as `Concat` or `Attention`. It owns no memory. */
export interface JoinLayer {
  /** Class name, as in saved models. */
  readonly type: string;
  /** Name that its parameters begin with in a model. Default: its index. */
  readonly name?: string | undefined;
  /** Marks a layer with several inputs. */
  readonly joins: true;
  /** Its parameters in the order in which they are saved. */
  readonly parameters: readonly ParameterSpec[];
  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown>;
  /**
   * Shape of the output, called once when the layer is applied.
   * @throws {ArgumentError | ShapeError} if the number of inputs, their sizes or their axes do not fit
   */
  joined(inputs: readonly NodeShape[]): NodeShape;
  /** Whether a step of the output depends on all steps of input i; then that can't be streamed. */
  needsWhole?(input: number): boolean;
  /** Lays out its pass. `scope.rows`: those of the output. @internal */
  reserveJoin(scope: LayerScope, inputs: readonly JoinInput[]): JoinPass;
}
