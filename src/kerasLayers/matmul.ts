import type { JoinInput, JoinPass, NodeShape } from '../engine/join.ts';
import type { LayerScope } from '../engine/layer.ts';
import { applyJoin, type GraphNode } from '../engine/node.ts';
import { ShapeError } from '../errors.ts';
import { commonAxis, Join } from '../layers/joins/join.ts';
import type { NameOption } from '../layers/layerName.ts';
import { gemmWork } from '../memory/workspace.ts';
import { check } from './arguments.ts';

/** Options of `Matmul`. */
export interface MatmulOptions extends NameOption {
  /** Products per row. Default 1. */
  readonly count?: number | undefined;
  /** Rows of the first matrix, its columns, and columns of the second one. */
  readonly sizes: readonly [n: number, k: number, m: number];
}

/**
 * Products of matrices whose numbers are features: [count · n · k] and [count · k · m] to [count · n · m], at each step.
 */
export class Matmul extends Join {
  /** Class name, as in saved models. */
  readonly type = 'Matmul';
  readonly #count: number;
  readonly #sizes: MatmulOptions['sizes'];

  /** @throws {ArgumentError} if a size is below 1 */
  constructor(opts: MatmulOptions) {
    super(opts);
    this.#count = check.size('count', opts.count ?? 1);
    check.integers('sizes', opts.sizes, 3);
    check.sizes('sizes', opts.sizes);
    this.#sizes = opts.sizes;
  }

  /** @throws {ArgumentError | ShapeError} unless both have as many features as the matrices, on one time axis */
  apply(a: GraphNode, b: GraphNode): GraphNode {
    return applyJoin(this, [a, b]);
  }

  /** The constructor's arguments as JSON, for saved models. */
  override config(): Record<string, unknown> {
    return { count: this.#count, sizes: this.#sizes };
  }

  /** Shape of the output. */
  joined(inputs: readonly NodeShape[]): NodeShape {
    const axis = commonAxis(this.type, inputs);
    check.equal('nodes', inputs.length, 2);
    const [n, k, m] = this.#sizes;
    for (const [i, size] of [n * k, k * m].entries())
      if (inputs[i]!.size !== size * this.#count)
        throw new ShapeError(`nodes[${i}]`, `${size * this.#count} features`, `${inputs[i]!.size}`);
    return { kind: 'features', size: n * m * this.#count, axis };
  }

  /** @internal */
  reserveJoin(scope: LayerScope, inputs: readonly JoinInput[]): JoinPass {
    const { kernels, rows, steps, batch } = scope;
    const [n, k, m] = this.#sizes;
    const count = this.#count;
    const output = scope.output('product', steps, batch, count * n * m);
    const [a, b] = inputs.map(({ region }) => region) as [JoinInput['region'], JoinInput['region']];
    const work = scope.work(Math.max(gemmWork(n, m, k), gemmWork(n, k, m), gemmWork(k, m, n)));
    /** Calls `multiply` with the bytes before each product's matrices. */
    const each = (multiply: (a: number, b: number, y: number) => void) => {
      for (let i = 0; i < rows.count * count; i++) multiply(4 * i * n * k, 4 * i * k * m, 4 * i * n * m);
    };
    return {
      output,
      forward: () =>
        each((x, w, y) =>
          kernels.sgemm_nn(n, m, k, a.ptr + x, k, b.ptr + w, m, 0, output.ptr + y, m, work.ptr),
        ),
      backward: (dy, [da, db]) =>
        each((x, w, y) => {
          if (da) kernels.sgemm_nt(n, k, m, dy + y, m, b.ptr + w, m, 0, da + x, k, work.ptr);
          if (db) kernels.sgemm_tn(k, m, n, a.ptr + x, k, dy + y, m, 0, db + w, m, work.ptr);
        }),
    };
  }
}
