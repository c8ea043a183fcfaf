import { integers } from '../allocate.ts';
import { options } from '../check.ts';
import { allStepsOf } from '../engine/axisRows.ts';
import type { JoinInput, JoinPass, NodeShape } from '../engine/join.ts';
import type { LayerScope } from '../engine/layer.ts';
import { applyJoin, type GraphNode } from '../engine/node.ts';
import { ArgumentError, ShapeError, Verbatim } from '../errors.ts';
import { checkFeatures, Join } from '../layers/joins/join.ts';
import { NAME, type NameOption } from '../layers/layerName.ts';

/**
 * A sequence [T, B, F] whose steps have a fixed number, on the time axis of another one with as many, so that both can be
 * joined.
 */
export class SameSteps extends Join {
  /** Class name, as in saved models. */
  readonly type = 'SameSteps';

  /** @throws {ArgumentError} if an option is unknown */
  constructor(opts?: NameOption) {
    super(options('SameSteps', opts, NAME));
  }

  /** @throws {ArgumentError} unless both are sequences */
  apply(sequence: GraphNode, like: GraphNode): GraphNode {
    return applyJoin(this, [sequence, like]);
  }

  /** Shape of the output. */
  joined([sequence, like]: readonly NodeShape[]): NodeShape {
    for (const [name, shape] of Object.entries({ sequence: sequence!, like: like! })) {
      checkFeatures(name, shape);
      if (!shape.axis) throw new ArgumentError(name, 'a sequence', new Verbatim('a vector'));
    }
    const { kind, size } = sequence!;
    return { kind, size, axis: like!.axis };
  }

  /** @internal */
  needsWhole(): boolean {
    return true;
  }

  /** @internal */
  reserveJoin(scope: LayerScope, [from, like]: readonly [JoinInput, JoinInput]): JoinPass {
    const { arena, steps, batch } = scope;
    const n = from.shape.size;
    const { rows } = like;
    const output = scope.output('on the steps of another sequence', steps, batch, n);
    /** Row of each step of each row of the batch. */
    const places = integers(from.rows.steps * batch);
    const arrange = () => {
      const of = from.rows;
      const whole = allStepsOf(rows);
      if (of.steps !== whole) throw new ShapeError('x', `${of.steps} steps, as joined`, `${whole}`);
      for (let r = 0; r < of.count; r++) places[of.take ? of.take[r]! : r] = r;
    };
    const source = (r: number) => places[rows.take ? rows.take[r]! : r]! * n;
    return {
      output,
      forward: () => {
        arrange();
        const { f32 } = arena;
        const [x, y] = [from.region.ptr / 4, output.ptr / 4];
        for (let r = 0; r < rows.count; r++) {
          const at = x + source(r);
          f32.copyWithin(y + r * n, at, at + n);
        }
      },
      backward: (dy, dx) => {
        const { f32 } = arena;
        const [to, other] = [dx[0]!, dx[1]!];
        if (other) f32.fill(0, other / 4, other / 4 + rows.count * like.shape.size);
        if (!to) return;
        f32.fill(0, to / 4, to / 4 + from.rows.count * n);
        for (let r = 0; r < rows.count; r++)
          f32.copyWithin(to / 4 + source(r), dy / 4 + r * n, dy / 4 + (r + 1) * n);
      },
    };
  }
}
