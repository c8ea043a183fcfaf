import { boolean, options } from '../check.ts';
import type { Layer, LayerScope, ParameterSpec, Pass } from '../engine/layer.ts';
import type { Region } from '../memory/layout.ts';
import { SummarizedLayer } from '../summary.ts';

/** What `LastStep` takes. */
export interface LastStepOptions {
  /**
   * Behind a bidirectional layer: the outputs of both directions at the last step, where the reverse one has seen a single
   * element. Default false. Saved models of version 1 mean it so.
   */
  readonly sameStep?: boolean | undefined;
}

/**
 * The last step of every row, its own last one where rows have lengths: [T, B, F] to [1, B, F] (Keras's
 * `return_sequences=False`). Directly behind a bidirectional layer each direction gives its own last output, the reverse
 * one that at the first step: hN, merged as the layer's outputs are. A `Dropout` between the two changes nothing about
 * that; behind any other layer, such as a Linear over all steps, it is the last step in time. Zeros for a row without
 * steps. Layers after it have one step. In a stream each step is the last one so far.
 */
export class LastStep extends SummarizedLayer implements Layer {
  readonly type = 'LastStep';
  readonly input = undefined;
  readonly parameters: readonly ParameterSpec[] = [];
  readonly reducesSteps = true;
  /** @internal */
  readonly sameStep: boolean;

  /** @throws {ArgumentError} an unknown option, a value that is not true or false */
  constructor(opts?: LastStepOptions) {
    super();
    const { sameStep = false } = options('LastStep', opts, { sameStep: true });
    this.sameStep = boolean('sameStep', sameStep);
  }

  outputSize(inputSize: number): number {
    return inputSize;
  }

  config(): Record<string, unknown> {
    return this.sameStep ? { sameStep: true } : {};
  }

  /** @internal */
  isIdle(_training: boolean, stream: boolean): boolean {
    return stream;
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { kernels, rows, batch, steps } = scope;
    const n = input.shape.at(-1)!;
    const index = scope.lastRows();
    const output = scope.output('last step', 1, batch, n);
    const whole: Region = { ptr: 0, shape: [steps, batch, n], length: steps * batch * n };
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
          scope.arena.clear({ ...whole, ptr: dx, length: rows.count * n });
          kernels.scatter_add_rows(rows.rowsWithSteps, n, dy, index.ptr, dx);
        },
      },
    ];
  }
}
