import { integer, options } from '../../check.ts';
import { type JoinInput, type JoinPass, type NodeShape, TimeAxis } from '../../engine/join.ts';
import type { LayerScope } from '../../engine/layer.ts';
import { applyJoin, type GraphNode } from '../../engine/node.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import { MOVE_ADD as ADD, MOVE_COPY as COPY } from '../../wasm/generated/constants.ts';
import { NAME, type NameOption } from '../layerName.ts';
import { checkFeatures, Join } from './join.ts';

/**
 * Repeats a vector [B, F] at n steps, as Keras's RepeatVector; without n, at all steps of a given sequence, so that both
 * can be joined.
 */
export class RepeatVector extends Join {
  /** Class name, as in saved models. */
  readonly type = 'RepeatVector';
  /** Number of steps; undefined for those of a sequence. */
  readonly n: number | undefined;

  /** @throws {ArgumentError} if n is given and below 1 */
  constructor(n?: number, opts?: NameOption) {
    super(options('RepeatVector', opts, NAME));
    this.n = n === undefined ? n : integer('n', n, 1);
  }

  /**
   * @param like a sequence whose steps it gets; undefined if n is given
   * @throws {ArgumentError} unless the node is a vector, and there is one of n and `like`
   */
  apply(vector: GraphNode, like?: GraphNode): GraphNode {
    return applyJoin(this, like === undefined ? [vector] : [vector, like]);
  }

  /** The constructor's arguments as JSON, for saved models. */
  override config(): Record<string, unknown> {
    return this.n === undefined ? {} : { n: this.n };
  }

  /** Shape of the output. */
  joined([vector, like]: readonly NodeShape[]): NodeShape {
    const { kind, size, axis } = vector!;
    checkFeatures('vector', vector!);
    if (axis) throw new ArgumentError('vector', 'a vector', new Verbatim('a sequence'));
    const { n } = this;
    if ((n === undefined) !== (like !== undefined))
      throw new ArgumentError(
        'like',
        n === undefined ? 'a sequence, since there is no n' : 'undefined with n',
        n,
      );
    if (n !== undefined) return { kind, size, axis: new TimeAxis({ fixed: n }) };
    if (!like!.axis) throw new ArgumentError('like', 'a sequence', new Verbatim('a vector'));
    return { kind, size, axis: like!.axis };
  }

  /** @internal */
  reserveJoin(scope: LayerScope, inputs: readonly JoinInput[]): JoinPass {
    const { arena, kernels, rows, steps, batch } = scope;
    const { shape, region } = inputs[0]!;
    const n = shape.size;
    const output = scope.output('repeated', steps, batch, n);
    const rowsAt = (t: number) => (rows.sizes ? arena.i32[rows.sizes / 4 + t]! : rows.batch);
    return {
      output,
      forward: () => {
        let to = output.ptr;
        for (let t = 0; t < rows.steps; t++) {
          const m = rowsAt(t);
          kernels.move_rows(m, n, region.ptr, n, 0, to, n, COPY);
          to += 4 * m * n;
        }
      },
      backward: (dy, dx) => {
        if (dx[1]) kernels.vec_fill(inputs[1]!.rows.count * inputs[1]!.shape.size, 0, dx[1]);
        const to = dx[0];
        if (!to) return;
        kernels.vec_fill(rows.batch * n, 0, to);
        let from = dy + 4 * rows.count * n;
        for (let t = rows.steps - 1; t >= 0; t--) {
          const m = rowsAt(t);
          from -= 4 * m * n;
          kernels.move_rows(m, n, from, n, 0, to, n, ADD);
        }
      },
    };
  }
}
