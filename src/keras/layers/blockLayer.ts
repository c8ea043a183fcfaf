import { DerivedRows } from '../../engine/derivedRows.ts';
import type { LayerScope, Pass } from '../../engine/layer.ts';
import type { Rows } from '../../engine/rows.ts';
import { ArgumentError, ShapeError } from '../../errors.ts';
import { WholeLayer } from '../../layers/sequence/wholeLayer.ts';
import type { Layout, Region } from '../../memory/layout.ts';
import { MOVE_ADD, MOVE_COPY } from '../../wasm/generated/constants.ts';

/** Where a step of the input goes. */
export interface Move {
  readonly from: number;
  readonly to: number;
  /** First feature in the step of the output. */
  readonly feature: number;
}

/** A layer that makes of every `size` steps others. Lengths and masks are refused. */
export abstract class BlockLayer extends WholeLayer {
  /** Steps of a block. */
  abstract readonly size: number;
  /** @internal */
  readonly whyFuture = 'blocks of steps';
  /** Steps that a block becomes. */
  protected abstract readonly count: number;
  /** Of the steps of a block. */
  protected abstract readonly moves: readonly Move[];

  /** @internal */
  get timeAxis(): { key: string; steps: (steps: number) => number } {
    const { size, count } = this;
    return { key: `${count} of ${size}`, steps: (steps) => Math.floor(steps / size) * count };
  }

  /** @internal */
  checkSteps(steps: number, ragged: boolean): void {
    if (ragged)
      throw new ArgumentError(
        'lengths',
        `neither lengths nor a mask, since ${this.type} needs all steps`,
        true,
      );
    if (steps % this.size)
      throw new ShapeError('x', `a multiple of ${this.size} steps at the input of ${this.type}`, `${steps}`);
  }

  /** @internal */
  outputRows(rows: Rows, layout: Layout): Rows {
    return new DerivedRows(rows, this.timeAxis.steps, layout);
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { arena, kernels, rows, batch } = scope;
    const { size, count, moves } = this;
    const n = input.shape.at(-1)!;
    const width = this.outputSize(n);
    const output = scope.output(this.type, this.timeAxis.steps(scope.steps), batch, width);
    /** Calls `move` with the first rows of an input's and an output's step, in features. */
    const each = (move: (from: number, to: number) => void) => {
      for (let block = 0; block < rows.steps / size; block++) {
        for (let i = 0; i < moves.length; i++) {
          const { from, to, feature } = moves[i]!;
          move(
            4 * (block * size + from) * rows.batch * n,
            4 * ((block * count + to) * rows.batch * width + feature * n),
          );
        }
      }
    };
    // some of the output may be zeros
    const covers = moves.length * n === count * width;
    return [
      {
        output,
        states: [],
        forward: () => {
          if (!covers) arena.clear(output);
          each((from, to) =>
            kernels.move_rows(rows.batch, n, input.ptr + from, n, 0, output.ptr + to, width, MOVE_COPY),
          );
        },
        backward: (dy, dx) => {
          if (!dx) return;
          kernels.vec_fill(rows.count * n, 0, dx);
          each((from, to) => kernels.move_rows(rows.batch, n, dy + to, width, 0, dx + from, n, MOVE_ADD));
        },
      },
    ];
  }
}
