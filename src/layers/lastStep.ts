import { boolean, options } from '../check.ts';
import type { Layer, LayerScope, ParameterSpec, Pass } from '../engine/layer.ts';
import type { Region } from '../memory/layout.ts';
import { SummarizedLayer } from '../summary.ts';

/** Options of `LastStep`. */
export interface LastStepOptions {
  /**
   * After a bidirectional layer: use the outputs of both directions at the last step, where the reverse direction has
   * read only one element. Default false. Saved models of version 1 are loaded with true.
   */
  readonly sameStep?: boolean | undefined;
}

/**
 * Returns the last step of each row, or its last valid step if lengths are given: [T, B, F] to [1, B, F] (Keras's
 * `return_sequences=False`). After a bidirectional layer, also with a `Dropout` in between, it returns the last
 * output of each direction (for the reverse direction that at the first step): hN, merged like the layer's outputs.
 * After any other layer, such as a Linear over all steps, it returns the last step in time. Zeros for rows without
 * steps. In a stream every step is returned.
 */
export class LastStep extends SummarizedLayer implements Layer {
  /** Class name, as in saved models. */
  readonly type = 'LastStep';
  readonly input = undefined;
  readonly parameters: readonly ParameterSpec[] = [];
  readonly reducesSteps = true;
  /** @internal */
  readonly sameStep: boolean;

  /** @throws {ArgumentError} if an option is unknown or not a boolean */
  constructor(opts?: LastStepOptions) {
    super();
    const { sameStep = false } = options('LastStep', opts, { sameStep: true });
    this.sameStep = boolean('sameStep', sameStep);
  }

  outputSize(inputSize: number): number {
    return inputSize;
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return this.sameStep ? { sameStep: true } : {};
  }

  /** @internal */
  isIdle(_training: boolean, stream: boolean): boolean {
    return stream;
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { kernels, rows, batch } = scope;
    const n = input.shape.at(-1)!;
    const index = scope.lastRows();
    const output = scope.output('last step', 1, batch, n);
    return [
      {
        output,
        states: [],
        forward: () => {
          const there = rows.rowsWithSteps;
          if (there < rows.batch) scope.arena.clear(output);
          kernels.move_rows(there, n, input.ptr, n, index.ptr, output.ptr, n, 0);
        },
        backward: (dy, dx) => {
          if (!dx) return;
          kernels.vec_fill(rows.count * n, 0, dx);
          kernels.scatter_add_rows(rows.rowsWithSteps, n, dy, index.ptr, dx);
        },
      },
    ];
  }
}
