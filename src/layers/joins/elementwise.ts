import { options } from '../../check.ts';
import type { JoinInput, JoinPass, NodeShape } from '../../engine/join.ts';
import type { LayerScope } from '../../engine/layer.ts';
import { applyJoin, type GraphNode } from '../../engine/node.ts';
import { MOVE_COPY as COPY } from '../../wasm/generated/constants.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import { NAME, type NameOption } from '../layerName.ts';
import { commonShape, Join } from './join.ts';

/** Combines nodes of the same size element by element. */
abstract class Elementwise extends Join {
  /** @internal */
  protected abstract readonly kernel: 'vec_add' | 'vec_mul';

  /**
   * @param nodes two or more of the same size
   * @throws {ArgumentError} if there are fewer, or they are on different time axes
   * @throws {ShapeError} if they differ in the number of features
   */
  apply(...nodes: readonly GraphNode[]): GraphNode {
    return applyJoin(this, nodes);
  }

  /** Shape of the output. */
  joined(inputs: readonly NodeShape[]): NodeShape {
    return commonShape(this.type, inputs);
  }

  /** @internal */
  reserveJoin(scope: LayerScope, inputs: readonly JoinInput[]): JoinPass {
    const { kernels, rows, steps, batch } = scope;
    const { size } = inputs[0]!.shape;
    const output = scope.output(this.type, steps, batch, size);
    requireKernel(kernels, this.kernel);
    const combine = kernels[this.kernel];
    const multiplies = this.kernel === 'vec_mul';
    return {
      output,
      forward: () => {
        combine(rows.count * size, inputs[0]!.region.ptr, inputs[1]!.region.ptr, output.ptr);
        for (let i = 2; i < inputs.length; i++)
          combine(rows.count * size, output.ptr, inputs[i]!.region.ptr, output.ptr);
      },
      backward: (dy, dx) => {
        for (let i = 0; i < inputs.length; i++) {
          const to = dx[i];
          if (!to) continue;
          kernels.move_rows(rows.count, size, dy, size, 0, to, size, COPY);
          for (let j = 0; multiplies && j < inputs.length; j++)
            if (j !== i) kernels.vec_mul(rows.count * size, to, inputs[j]!.region.ptr, to);
        }
      },
    };
  }
}

/** The sum of several nodes of the same size, as Keras's Add: sequences on one time axis, or vectors. */
export class Add extends Elementwise {
  /** Class name, as in saved models. */
  readonly type = 'Add';

  /** @throws {ArgumentError} if an option is unknown */
  constructor(opts?: NameOption) {
    super(options('Add', opts, NAME));
  }
  /** @internal */
  protected readonly kernel = 'vec_add';
}

/** The product of several nodes of the same size, element by element, as Keras's Multiply. */
export class Multiply extends Elementwise {
  /** Class name, as in saved models. */
  readonly type = 'Multiply';

  /** @throws {ArgumentError} if an option is unknown */
  constructor(opts?: NameOption) {
    super(options('Multiply', opts, NAME));
  }
  /** @internal */
  protected readonly kernel = 'vec_mul';
}
