import { ACTIVATIONS } from '../activations.ts';
import { floats } from '../allocate.ts';
import { options } from '../check.ts';
import type { LayerScope, Pass } from '../engine/layer.ts';
import { NAME, type NameOption } from '../layers/layerName.ts';
import { WholeLayer } from '../layers/sequence/wholeLayer.ts';
import type { Region } from '../memory/layout.ts';

/** Softmax over the steps of each row that count, of each feature by itself: Keras's Softmax with axis 1. */
export class SoftmaxSteps extends WholeLayer {
  /** Class name, as in saved models. */
  readonly type = 'SoftmaxSteps';
  /** @internal */
  readonly whyFuture = 'a softmax over all steps';

  /** @throws {ArgumentError} if an option is unknown */
  constructor(opts?: NameOption) {
    super(options('SoftmaxSteps', opts, NAME));
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return {};
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { arena, kernels, rows, steps, batch } = scope;
    const n = input.shape.at(-1)!;
    const output = scope.output('softmax over steps', steps, batch, n);
    const most = floats(batch * n);
    /** Calls `at` with each index of a value, and that of its row and feature. */
    const each = (at: (value: number, column: number) => void) => {
      for (let t = 0, value = 0; t < rows.steps; t++) {
        const m = rows.sizes ? arena.i32[rows.sizes / 4 + t]! : rows.batch;
        for (let column = 0; column < m * n; column++, value++) at(value, column);
      }
    };
    return [
      {
        output,
        states: [],
        forward: () => {
          const { f32 } = arena;
          const [x, y] = [input.ptr / 4, output.ptr / 4];
          most.fill(Number.NEGATIVE_INFINITY);
          each((i, c) => {
            most[c] = Math.max(most[c]!, f32[x + i]!);
          });
          each((i, c) => {
            f32[y + i] = f32[x + i]! - most[c]!;
          });
          const { kind } = ACTIVATIONS.exponential;
          const count = rows.count * n;
          kernels.vec_activate(kind, 0, 0, Number.POSITIVE_INFINITY, count, output.ptr, output.ptr, 0);
          most.fill(0);
          each((i, c) => {
            most[c]! += f32[y + i]!;
          });
          each((i, c) => {
            f32[y + i]! /= most[c]!;
          });
        },
        backward: (dy, dx) => {
          if (!dx) return;
          const { f32 } = arena;
          const [y, g, to] = [output.ptr / 4, dy / 4, dx / 4];
          most.fill(0);
          each((i, c) => {
            most[c]! += f32[g + i]! * f32[y + i]!;
          });
          each((i, c) => {
            f32[to + i] = f32[y + i]! * (f32[g + i]! - most[c]!);
          });
        },
      },
    ];
  }
}
