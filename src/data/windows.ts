import { floats } from '../allocate.ts';
import { boolean, integer, type Names, options } from '../check.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { NDArray } from '../ndarray.ts';
import { stepsOf } from './checkNumbers.ts';

/** Options of `windows`. */
export interface WindowsOptions {
  /** T, steps per window. */
  readonly steps: number;
  /** Features per step of the series. Default 1. */
  readonly features?: number | undefined;
  /** Number of steps to predict after each window. Default 1. */
  readonly horizon?: number | undefined;
  /** Distance between the starts of two windows. Default 1. */
  readonly stride?: number | undefined;
  /** Indices of the features to predict. Default: all. */
  readonly targets?: readonly number[] | undefined;
  /** Whether there is a target for every step instead of one for the last. Default false. */
  readonly everyStep?: boolean | undefined;
}

/** Windows over a series, as one batch. */
export interface Windows {
  /** [T, B, features], B windows. */
  readonly x: NDArray;
  /** [1, B, horizon · targets], or [T, B, horizon · targets] with `everyStep`: the steps after, one after the other. */
  readonly y: NDArray;
  /** B. */
  readonly count: number;
}

const OPTIONS: Names<WindowsOptions> = {
  steps: true,
  features: true,
  horizon: true,
  stride: true,
  targets: true,
  everyStep: true,
};

/**
 * Cuts a series [N, features] into windows and the steps after them.
 * @throws {ArgumentError} if an option is out of range, or the series is not an array of numbers
 * @throws {ShapeError} if the series is shorter than a window and its horizon
 */
export function windows(series: ArrayLike<number>, opts: WindowsOptions): Windows {
  const given = options('windows', opts, OPTIONS);
  const T = integer('steps', given.steps, 1);
  const F = integer('features', given.features ?? 1, 1);
  const horizon = integer('horizon', given.horizon ?? 1, 1);
  const stride = integer('stride', given.stride ?? 1, 1);
  const everyStep = boolean('everyStep', given.everyStep ?? false);
  const targets = columns(given.targets, F);
  const N = stepsOf('series', series, F);
  const B = Math.floor((N - T - horizon) / stride) + 1;
  if (B < 1) throw new ShapeError('series', `at least ${T + horizon} steps (steps + horizon)`, `${N}`);
  const K = horizon * targets.length;
  const last = everyStep ? T : 1;
  const x = floats(T * B * F);
  const y = floats(last * B * K);
  for (let t = 0, at = 0; t < T; t++) {
    for (let b = 0; b < B; b++) for (let f = 0; f < F; f++) x[at++] = series[(b * stride + t) * F + f]!;
  }
  for (let t = 0, at = 0; t < last; t++) {
    for (let b = 0; b < B; b++) {
      const from = b * stride + t + 1 + T - last;
      for (let h = 0; h < horizon; h++) for (const f of targets) y[at++] = series[(from + h) * F + f]!;
    }
  }
  return { x: { data: x, shape: [T, B, F] }, y: { data: y, shape: [last, B, K] }, count: B };
}

/** Indices of the chosen features; default all. @throws {ArgumentError} if one is out of range */
export function columns(targets: readonly number[] | undefined, features: number): readonly number[] {
  if (targets === undefined) return [...Array(features).keys()];
  if (!Array.isArray(targets) || targets.length === 0)
    throw new ArgumentError('targets', 'a list of feature indices', targets);
  return Array.from(targets, (f, i) => integer(`targets[${i}]`, f, 0, features - 1));
}
