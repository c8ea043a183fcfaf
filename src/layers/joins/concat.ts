import { options } from '../../check.ts';
import type { JoinInput, JoinPass, NodeShape } from '../../engine/join.ts';
import type { LayerScope } from '../../engine/layer.ts';
import { applyJoin, type GraphNode } from '../../engine/node.ts';
import { MOVE_COPY as COPY } from '../../wasm/generated/constants.ts';
import { NAME, type NameOption } from '../layerName.ts';
import { commonAxis, Join } from './join.ts';

/**
 * The features of several nodes one after the other, as torch.cat over the last dimension and Keras's Concatenate:
 * sequences on one time axis, or vectors.
 */
export class Concat extends Join {
  /** Class name, as in saved models. */
  readonly type = 'Concat';

  /** @throws {ArgumentError} if an option is unknown */
  constructor(opts?: NameOption) {
    super(options('Concat', opts, NAME));
  }

  /**
   * @param nodes two or more
   * @throws {ArgumentError} if there are fewer, or they are on different time axes
   */
  apply(...nodes: readonly GraphNode[]): GraphNode {
    return applyJoin(this, nodes);
  }

  /** Shape of the output. */
  joined(inputs: readonly NodeShape[]): NodeShape {
    const axis = commonAxis(this.type, inputs);
    return { kind: 'features', size: inputs.reduce((sum, { size }) => sum + size, 0), axis };
  }

  /** @internal */
  reserveJoin(scope: LayerScope, inputs: readonly JoinInput[]): JoinPass {
    const { kernels, rows, steps, batch } = scope;
    const sizes = inputs.map(({ shape }) => shape.size);
    const n = sizes.reduce((a, b) => a + b, 0);
    const offsets = sizes.map((_, i) => 4 * sizes.slice(0, i).reduce((a, b) => a + b, 0));
    const output = scope.output('concatenated', steps, batch, n);
    return {
      output,
      forward: () => {
        for (let i = 0; i < inputs.length; i++) {
          const size = sizes[i]!;
          kernels.move_rows(
            rows.count,
            size,
            inputs[i]!.region.ptr,
            size,
            0,
            output.ptr + offsets[i]!,
            n,
            COPY,
          );
        }
      },
      backward: (dy, dx) => {
        for (let i = 0; i < inputs.length; i++) {
          const size = sizes[i]!;
          if (dx[i]) kernels.move_rows(rows.count, size, dy + offsets[i]!, n, 0, dx[i]!, size, COPY);
        }
      },
    };
  }
}
