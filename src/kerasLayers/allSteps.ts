import { integers } from '../allocate.ts';
import { options } from '../check.ts';
import { allStepsOf } from '../engine/axisRows.ts';
import type { LayerScope, Pass } from '../engine/layer.ts';
import type { Rows } from '../engine/rows.ts';
import type { NameOption } from '../layers/layerName.ts';
import { WholeLayer } from '../layers/sequence/wholeLayer.ts';
import type { Layout, Region } from '../memory/layout.ts';
import { AllRows } from './allRows.ts';
import { check } from './arguments.ts';

/** Options of `AllSteps`. */
export interface AllStepsOptions extends NameOption {
  /** What steps that do not count become: the last one before that does, zeros, or features. Default 'last'. */
  readonly fill?: 'last' | 'zero' | number | readonly number[] | undefined;
}

/**
 * All steps of each row, those that lengths or a mask exclude, too, so that layers behind it see them: [T, B, F] to
 * [T, B, F]. They repeat the last one before them that counts, zeros if there is none: the outputs of Keras's recurrent
 * layers at masked steps; or zeros with `fill: 'zero'`, Keras's `zero_output_for_mask`.
 */
export class AllSteps extends WholeLayer {
  /** Class name, as in saved models. */
  readonly type = 'AllSteps';
  /** @internal */
  readonly whyFuture = 'a copy of steps that do not count';
  /** @internal */
  readonly timeAxis;
  readonly #fill: AllStepsOptions['fill'];
  /** What is written at steps that do not count, features of a row over and over. */
  readonly #numbers: readonly number[];

  /** @throws {ArgumentError} if `fill` is no such value, or an option is unknown */
  constructor(opts: AllStepsOptions = {}) {
    super(opts);
    const { fill = 'last' } = options('AllSteps', opts, { fill: true, name: true });
    this.#fill = fill;
    this.#numbers = fill === 'last' || fill === 'zero' ? [0] : check.numbers('fill', [fill].flat());
    this.timeAxis = { key: 'all steps', steps: (steps: number) => steps, all: true };
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return this.#fill === 'last' ? {} : { fill: this.#fill };
  }

  /** @internal */
  isIdle(_training: boolean, stream: boolean): boolean {
    return stream;
  }

  /** @internal */
  outputRows(rows: Rows, layout: Layout): Rows {
    return new AllRows(rows, layout);
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { arena, rows, batch, steps } = scope;
    const F = input.shape.at(-1)!;
    const numbers = this.#numbers;
    const output = scope.output('all steps', steps, batch, F);
    /** For each step of each row of the batch the row of the input, or −1. */
    const sources = integers(steps * batch);
    const arrange = () => {
      const { take, count } = rows;
      const whole = allStepsOf(rows);
      if (!take) return;
      sources.fill(-1);
      for (let r = 0; r < count; r++) sources[take[r]!] = r;
      for (let i = rows.batch; this.#fill === 'last' && i < whole * rows.batch; i++)
        if (sources[i]! < 0) sources[i] = sources[i - rows.batch]!;
    };
    /** Calls `move` with each row of the output and that of the input, or −1. */
    const each = (move: (to: number, from: number) => void) => {
      const { order } = rows;
      const whole = allStepsOf(rows);
      for (let t = 0, to = 0; t < whole; t++)
        for (let b = 0; b < rows.batch; b++, to++)
          move(to, order ? sources[t * rows.batch + order[b]!]! : to);
    };
    return [
      {
        output,
        states: [],
        forward: () => {
          arrange();
          const { f32 } = arena;
          const [x, y] = [input.ptr / 4, output.ptr / 4];
          each((to, from) => {
            for (let j = 0; from < 0 && j < F; j++) f32[y + to * F + j] = numbers[j % numbers.length]!;
            if (from >= 0) f32.copyWithin(y + to * F, x + from * F, x + (from + 1) * F);
          });
        },
        backward: (dy, dx) => {
          if (!dx) return;
          const { f32 } = arena;
          f32.fill(0, dx / 4, dx / 4 + rows.count * F);
          each((to, from) => {
            if (from < 0) return;
            for (let j = 0; j < F; j++) f32[dx / 4 + from * F + j]! += f32[dy / 4 + to * F + j]!;
          });
        },
      },
    ];
  }
}
