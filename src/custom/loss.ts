import { ArgumentError } from '../errors.ts';
import type { Loss } from '../losses/loss.ts';
import type { MemoryArena } from '../memory/arena.ts';
import { satisfies } from './satisfies.ts';

/** A loss of your own. It must be a function of the rows that it is given, and of nothing else. */
export type CustomLoss = CustomFeatureLoss | CustomIndexLoss;

/** A loss of your own whose targets are as many features as the row has outputs. */
export interface CustomFeatureLoss extends Evaluated<Float32Array> {
  readonly targets: 'features';
  readonly ignoreIndex?: undefined;
}

/** A loss of your own whose targets are indices, one per row. */
export interface CustomIndexLoss extends Evaluated<Int32Array> {
  readonly targets: 'indices';
  /** Rows with this target do not count and are not checked; `evaluate` skips them. Default: none. */
  readonly ignoreIndex?: number | undefined;
}

interface Evaluated<Target> {
  /** Shown in messages. */
  readonly name: string;
  /**
   * The sum of the loss over the rows at hand, which may be a part of a batch. The trainer divides by what counts: the
   * number of elements where targets are features, of rows where they are indices.
   *
   * The arrays are views of the model's memory: they hold during the call only, and must not be kept.
   *
   * @param output [N, outputSize], row-major
   * @param target [N, outputSize], or [N] indices as Int32Array
   * @param gradient [N, outputSize], zeros: the gradient of the sum by the output is written here. Left out where only
   * the loss is needed.
   */
  evaluate(output: Float32Array, target: Target, gradient?: Float32Array | undefined): number;
}

/** Whether it is a loss of a user's own. */
export function isCustomLoss(given: unknown): given is CustomLoss {
  return satisfies(() => typeof (given as CustomLoss | undefined)?.evaluate === 'function');
}

/**
 * The loss as trainers take it.
 * @throws {ArgumentError} no name, other targets, an ignoreIndex that is no 32-bit integer
 */
export function adaptLoss(loss: CustomLoss, arena: MemoryArena): Loss {
  const { name, targets, ignoreIndex } = loss;
  if (typeof name !== 'string' || name === '') throw new ArgumentError('loss.name', 'a name', name);
  if (targets !== 'indices' && targets !== 'features') {
    throw new ArgumentError('loss.targets', "'indices' or 'features'", targets);
  }
  if (ignoreIndex !== undefined && (ignoreIndex | 0) !== ignoreIndex) {
    throw new ArgumentError('loss.ignoreIndex', 'a 32-bit integer', ignoreIndex);
  }
  return {
    name,
    targets,
    // an index of 0 is in the vocabulary anyway
    ignoreIndex: ignoreIndex ?? 0,
    count(rows, size, indices, first) {
      if (targets === 'features') return rows * size;
      if (ignoreIndex === undefined) return rows;
      let count = 0;
      for (let i = first; i < first + rows; i++) if (indices[i] !== ignoreIndex) count++;
      return count;
    },
    run(kernels, { rows, size, output, targets: at, gradient, count }) {
      const n = rows * size;
      const floats = (ptr: number) => arena.f32.subarray(ptr / 4, ptr / 4 + n);
      const target = targets === 'features' ? floats(at) : arena.i32.subarray(at / 4, at / 4 + rows);
      const slope = gradient ? floats(gradient).fill(0) : undefined;
      const sum = loss.evaluate(floats(output), target as never, slope);
      if (typeof sum !== 'number') throw new ArgumentError('loss.evaluate', 'a number as its result', sum);
      if (gradient) kernels.vec_scale(n, 1 / count, gradient);
      return sum;
    },
  };
}
