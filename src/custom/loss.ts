import { isIndex, oneOf } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { Loss } from '../losses/loss.ts';
import type { MemoryArena } from '../memory/arena.ts';
import { satisfies } from './satisfies.ts';

/** A custom loss. Its result may depend only on the given rows. */
export type CustomLoss = CustomFeatureLoss | CustomIndexLoss;

/** A custom loss whose targets have the shape of the output. */
export interface CustomFeatureLoss extends Evaluated<Float32Array> {
  /** Targets have the shape of the output. */
  readonly targets: 'features';
  /** Only for targets that are indices. */
  readonly ignoreIndex?: undefined;
}

/** A custom loss whose targets are indices, one per row. */
export interface CustomIndexLoss extends Evaluated<Int32Array> {
  /** Targets are one index per row. */
  readonly targets: 'indices';
  /** Rows with this target do not count and are not checked; `evaluate` skips them. Default: none. */
  readonly ignoreIndex?: number | undefined;
}

interface Evaluated<Target> {
  /** Name shown in error messages. */
  readonly name: string;
  /**
   * Returns the sum of the loss over the given rows, which may be part of a batch. The trainer divides by the number
   * of elements if targets are features, or of rows if they are indices.
   *
   * The arrays are views of the model's memory, valid only during the call.
   *
   * @param output [N, outputSize], row-major
   * @param target [N, outputSize], or [N] indices as Int32Array
   * @param gradient [N, outputSize], zeros: write the gradient of the sum with respect to the output here. Undefined
   * if only the loss is needed.
   */
  evaluate(output: Float32Array, target: Target, gradient?: Float32Array | undefined): number;
}

/** Whether it is a custom loss. */
export function isCustomLoss(given: unknown): given is CustomLoss {
  return satisfies(() => typeof (given as CustomLoss | undefined)?.evaluate === 'function');
}

/** The sum that a loss returns. @throws {ArgumentError} if it is not a number */
export function evaluated(
  loss: CustomLoss,
  output: Float32Array,
  target: ArrayLike<number>,
  gradient: Float32Array | undefined,
): number {
  const sum = loss.evaluate(output, target as never, gradient);
  if (typeof sum !== 'number') throw new ArgumentError('loss.evaluate', 'a number to be returned', sum);
  return sum;
}

/**
 * Adapts a loss to the interface of trainers.
 * @throws {ArgumentError} if name, targets or ignoreIndex is invalid
 */
export function adaptLoss(loss: CustomLoss, arena: MemoryArena): Loss {
  const { name, targets, ignoreIndex } = loss;
  if (typeof name !== 'string' || name === '') throw new ArgumentError('loss.name', 'a name', name);
  oneOf('loss.targets', targets, ['indices', 'features']);
  if (ignoreIndex !== undefined && !isIndex(ignoreIndex)) {
    throw new ArgumentError('loss.ignoreIndex', 'a 32-bit integer', ignoreIndex);
  }
  return {
    custom: loss,
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
      const sum = evaluated(loss, floats(output), target, slope);
      if (gradient) kernels.vec_scale(n, 1 / count, gradient);
      return sum;
    },
  };
}
