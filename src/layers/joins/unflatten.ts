import { integer, options } from '../../check.ts';
import { type JoinInput, type JoinPass, type NodeShape, TimeAxis } from '../../engine/join.ts';
import type { LayerScope } from '../../engine/layer.ts';
import { applyJoin, type GraphNode } from '../../engine/node.ts';
import { ArgumentError, ShapeError, Verbatim } from '../../errors.ts';
import { MOVE_COPY as COPY } from '../../wasm/generated/constants.ts';
import type { NameOption } from '../layerName.ts';
import { checkFeatures, Join } from './join.ts';

/** Options of `Unflatten`. */
export interface UnflattenOptions extends NameOption {
  /** T, the number of steps that a vector is cut into. */
  readonly steps: number;
}

/**
 * Cuts a vector [B, T · F] into a sequence [T, B, F], step after step, as torch.nn.Unflatten and Keras's Reshape; the
 * inverse of `Flatten`. T is fixed.
 */
export class Unflatten extends Join {
  /** Class name, as in saved models. */
  readonly type = 'Unflatten';
  /** T. */
  readonly steps: number;

  /** @throws {ArgumentError} if steps is below 1 or an option is unknown */
  constructor(opts: UnflattenOptions) {
    super(opts);
    this.steps = integer('steps', options('Unflatten', opts, { steps: true, name: true }).steps, 1);
  }

  /**
   * @throws {ArgumentError} unless the node is a vector
   * @throws {ShapeError} if its features are not divisible by the number of steps
   */
  apply(vector: GraphNode): GraphNode {
    return applyJoin(this, [vector]);
  }

  /** The constructor's arguments as JSON, for saved models. */
  override config(): Record<string, unknown> {
    return { steps: this.steps };
  }

  /** Shape of the output. */
  joined(inputs: readonly NodeShape[]): NodeShape {
    const [vector] = inputs;
    if (inputs.length !== 1) throw new ArgumentError('nodes', 'one node', new Verbatim(`${inputs.length}`));
    checkFeatures('vector', vector!);
    const { size, axis, kind } = vector!;
    const { steps } = this;
    if (axis) throw new ArgumentError('vector', 'a vector', new Verbatim('a sequence'));
    if (size % steps) throw new ShapeError('vector', `a multiple of ${steps} features`, `${size}`);
    return { kind, size: size / steps, axis: new TimeAxis({ fixed: steps }) };
  }

  /** @internal */
  reserveJoin(scope: LayerScope, inputs: readonly JoinInput[]): JoinPass {
    const { arena, kernels, rows, steps, batch } = scope;
    const { shape, region } = inputs[0]!;
    const width = shape.size;
    const n = width / this.steps;
    const output = scope.output('unflattened', steps, batch, n);
    /** Calls `move` with the rows of each step, where they begin, and the step's place in the vector. */
    const each = (move: (m: number, sequence: number, vector: number) => void) => {
      for (let t = 0, at = 0; t < rows.steps; t++) {
        const m = rows.sizes ? arena.i32[rows.sizes / 4 + t]! : rows.batch;
        move(m, 4 * at * n, 4 * t * n);
        at += m;
      }
    };
    return {
      output,
      forward: () =>
        each((m, sequence, vector) =>
          kernels.move_rows(m, n, region.ptr + vector, width, 0, output.ptr + sequence, n, COPY),
        ),
      backward: (dy, dx) => {
        const to = dx[0];
        if (to)
          each((m, sequence, vector) =>
            kernels.move_rows(m, n, dy + sequence, n, 0, to + vector, width, COPY),
          );
      },
    };
  }
}
