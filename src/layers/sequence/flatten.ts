import { integer, options } from '../../check.ts';
import type { LayerScope, Pass } from '../../engine/layer.ts';
import { ArgumentError, ShapeError } from '../../errors.ts';
import type { Region } from '../../memory/layout.ts';
import { MOVE_COPY } from '../../wasm/generated/constants.ts';
import type { NameOption } from '../layerName.ts';
import { WholeLayer } from './wholeLayer.ts';

/** Options of `Flatten`. */
export interface FlattenOptions extends NameOption {
  /** T, the number of steps of every sequence. */
  readonly steps: number;
}

/**
 * Makes one vector of all steps of a row: [T, B, F] to [1, B, T · F], step after step, in a graph to a vector [B, T · F];
 * Keras's Flatten. T is fixed. Lengths and masks are refused.
 */
export class Flatten extends WholeLayer {
  /** Class name, as in saved models. */
  readonly type = 'Flatten';
  /** Whether its output has one step per row. */
  readonly reducesSteps = true;
  /** @internal */
  readonly sameStep = true;
  /** @internal */
  readonly whyFuture = 'a vector of all steps';
  /** T. */
  readonly steps: number;

  /** @throws {ArgumentError} if steps is below 1 or an option is unknown */
  constructor(opts: FlattenOptions) {
    super(opts);
    const { steps } = options('Flatten', opts, { steps: true, name: true });
    this.steps = integer('steps', steps, 1);
  }

  /** Output features for the given input features. */
  override outputSize(inputSize: number): number {
    return this.steps * inputSize;
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { steps: this.steps };
  }

  /** @internal */
  checkSteps(steps: number, ragged: boolean): void {
    if (ragged)
      throw new ArgumentError('lengths', 'neither lengths nor a mask, since Flatten needs all steps', true);
    if (steps !== this.steps)
      throw new ShapeError('x', `${this.steps} steps at the input of Flatten`, `${steps}`);
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { kernels, rows, batch } = scope;
    const { steps } = this;
    const F = input.shape.at(-1)!;
    const output = scope.output('flatten', 1, batch, steps * F);
    return [
      {
        output,
        states: [],
        forward: () => {
          for (let t = 0; t < steps; t++) {
            const from = input.ptr + t * rows.batch * F * 4;
            kernels.move_rows(rows.batch, F, from, F, 0, output.ptr + t * F * 4, steps * F, MOVE_COPY);
          }
        },
        backward: (dy, dx) => {
          for (let t = 0; dx && t < steps; t++) {
            const to = dx + t * rows.batch * F * 4;
            kernels.move_rows(rows.batch, F, dy + t * F * 4, steps * F, 0, to, F, MOVE_COPY);
          }
        },
      },
    ];
  }
}
