import { options } from '../../check.ts';
import type { LayerScope, Pass } from '../../engine/layer.ts';
import type { Region } from '../../memory/layout.ts';
import { MOVE_COPY } from '../../wasm/generated/constants.ts';
import { NAME, type NameOption } from '../layerName.ts';
import { WholeLayer } from './wholeLayer.ts';

/**
 * Reverses the steps of each row: [T, B, F] to [T, B, F]. With lengths or a mask only the steps that count are reversed,
 * and padding stays where it is (tf.reverse_sequence).
 */
export class Reverse extends WholeLayer {
  /** Class name, as in saved models. */
  readonly type = 'Reverse';
  /** @internal */
  readonly whyFuture = 'a reversal';

  /** @throws {ArgumentError} if an option is unknown */
  constructor(opts?: NameOption) {
    super(options('Reverse', opts, NAME));
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return {};
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { kernels, rows, steps, batch } = scope;
    const F = input.shape.at(-1)!;
    const index = scope.reversed();
    const output = scope.output('reverse', steps, batch, F);
    const reverse = (from: number, to: number) =>
      kernels.move_rows(rows.count, F, from, F, index.ptr, to, F, MOVE_COPY);
    return [
      {
        output,
        states: [],
        forward: () => reverse(input.ptr, output.ptr),
        // the permutation is its own inverse
        backward: (dy, dx) => {
          if (dx) reverse(dy, dx);
        },
      },
    ];
  }
}
