import type { Region } from '../memory/layout.ts';
import type { Layer, ParameterSpec, Pass, Scope } from './layer.ts';

/**
 * The last step of every row, its own last one where rows have lengths: [T, B, F] to [1, B, F] (Keras's
 * `return_sequences=False`). Zeros for a row without steps. Layers after it have one step. In a stream each step is the
 * last one so far.
 */
export class LastStep implements Layer {
  readonly type = 'LastStep';
  readonly input = undefined;
  readonly parameters: readonly ParameterSpec[] = [];
  readonly reducesSteps = true;

  outputSize(inputSize: number): number {
    return inputSize;
  }

  config(): Record<string, unknown> {
    return {};
  }

  /** @internal */
  isIdle(_training: boolean, stream: boolean): boolean {
    return stream;
  }

  /** @internal */
  reserve(scope: Scope, input: Region): Pass[] {
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
