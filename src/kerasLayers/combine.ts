import { keyOf } from '../check.ts';
import type { JoinInput, JoinPass, NodeShape } from '../engine/join.ts';
import type { LayerScope } from '../engine/layer.ts';
import { applyJoin, type GraphNode } from '../engine/node.ts';
import { commonShape, Join } from '../layers/joins/join.ts';
import type { NameOption } from '../layers/layerName.ts';
import { check } from './arguments.ts';

/** The result for two numbers, and its derivatives. */
type Row = readonly [
  value: (a: number, b: number) => number,
  slopes: (a: number, b: number) => readonly [da: number, db: number],
];

// at equal values each gets half, as in Keras
const share = (a: number, b: number) => (a === b ? 0.5 : Number(a > b));

const KINDS = {
  maximum: [Math.max, (a, b) => [share(a, b), share(b, a)]],
  minimum: [Math.min, (a, b) => [share(b, a), share(a, b)]],
  divide: [(a, b) => a / b, (a, b) => [1 / b, -a / (b * b)]],
} as const satisfies Readonly<Record<string, Row>>;

/** Options of `Combine`. */
export interface CombineOptions extends NameOption {
  /** How two elements are combined. */
  readonly kind: keyof typeof KINDS;
}

/** The maximum, minimum or quotient of two nodes of the same size, element by element. */
export class Combine extends Join {
  /** Class name, as in saved models. */
  readonly type = 'Combine';
  readonly #kind: CombineOptions['kind'];

  /** @throws {ArgumentError} if the kind is unknown */
  constructor(opts: CombineOptions) {
    super(opts);
    this.#kind = keyOf('kind', opts.kind, KINDS);
  }

  /** @throws {ArgumentError | ShapeError} unless both have the same size, on one time axis */
  apply(a: GraphNode, b: GraphNode): GraphNode {
    return applyJoin(this, [a, b]);
  }

  /** The constructor's arguments as JSON, for saved models. */
  override config(): Record<string, unknown> {
    return { kind: this.#kind };
  }

  /** Shape of the output. */
  joined(inputs: readonly NodeShape[]): NodeShape {
    check.equal('nodes', inputs.length, 2);
    return commonShape(this.type, inputs);
  }

  /** @internal */
  reserveJoin(scope: LayerScope, inputs: readonly JoinInput[]): JoinPass {
    const { arena, rows, steps, batch } = scope;
    const [value, slopes] = KINDS[this.#kind];
    const { size } = inputs[0]!.shape;
    const output = scope.output(this.#kind, steps, batch, size);
    const at = (i: number, k: number) => arena.f32[inputs[i]!.region.ptr / 4 + k]!;
    return {
      output,
      forward: () => {
        for (let k = 0; k < rows.count * size; k++) arena.f32[output.ptr / 4 + k] = value(at(0, k), at(1, k));
      },
      backward: (dy, dx) => {
        for (let k = 0; k < rows.count * size; k++) {
          const both = slopes(at(0, k), at(1, k));
          for (let i = 0; i < 2; i++)
            if (dx[i]) arena.f32[dx[i]! / 4 + k] = arena.f32[dy / 4 + k]! * both[i]!;
        }
      },
    };
  }
}
