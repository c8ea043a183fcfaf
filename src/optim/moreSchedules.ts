import { integer, number, options, reading } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { cosPi } from './cosPi.ts';
import { runningPower } from './power.ts';
import type { Schedule } from './schedules.ts';

/**
 * gamma to the power of the step, as torch.optim.lr_scheduler.ExponentialLR.
 * @throws {ArgumentError} if gamma is negative
 */
export function exponentialLR(opts: { readonly gamma: number }): Schedule {
  const { gamma } = options('exponentialLR', opts, { gamma: true });
  number('gamma', gamma, 0);
  return (step) => runningPower(gamma, step);
}

/**
 * gamma to the power of the number of milestones reached, as torch.optim.lr_scheduler.MultiStepLR. gamma: default 0.1.
 * @throws {ArgumentError} if a milestone is not an integer of at least 0, or gamma is negative
 */
export function multiStepLR(opts: {
  readonly milestones: readonly number[];
  readonly gamma?: number | undefined;
}): Schedule {
  const { milestones, gamma = 0.1 } = options('multiStepLR', opts, { milestones: true, gamma: true });
  const steps = reading('milestones', milestones, () => {
    if (!Array.isArray(milestones)) throw new ArgumentError('milestones', 'a list of steps', milestones);
    return milestones.map((step: unknown, i) => integer(`milestones[${i}]`, step, 0));
  });
  number('gamma', gamma, 0);
  return (step) => runningPower(gamma, steps.filter((milestone) => milestone <= step).length);
}

/** Options of `oneCycle`. */
export interface OneCycleOptions {
  /** Number of steps of the cycle; later ones keep the last factor. */
  readonly steps: number;
  /** Part of the steps in which the rate grows. Default 0.3. */
  readonly pctStart?: number | undefined;
  /** The first factor is 1 / divFactor. Default 25. */
  readonly divFactor?: number | undefined;
  /** The last factor is 1 / (divFactor · finalDivFactor). Default 1e4. */
  readonly finalDivFactor?: number | undefined;
}

/**
 * From 1 / divFactor up to 1 and down again along half cosines (Smith & Topin 2019), as
 * torch.optim.lr_scheduler.OneCycleLR with max_lr = lr, without its momentum cycle.
 *
 * @throws {ArgumentError} if steps is below 1, pctStart is outside 0..1, or a divisor is not above 0
 */
export function oneCycle(opts: OneCycleOptions): Schedule {
  const {
    steps,
    pctStart = 0.3,
    divFactor = 25,
    finalDivFactor = 1e4,
  } = options('oneCycle', opts, {
    ...{ steps: true, pctStart: true },
    ...{ divFactor: true, finalDivFactor: true },
  });
  integer('steps', steps, 1);
  number('pctStart', pctStart, 0, 1);
  for (const [name, value] of Object.entries({ divFactor, finalDivFactor })) {
    if (!(number(name, value, 0) > 0)) throw new ArgumentError(name, 'a number above 0', value);
  }
  const first = 1 / divFactor;
  const last = first / finalDivFactor;
  const top = pctStart * steps - 1;
  const end = steps - 1;
  const between = (from: number, to: number, part: number) => to + ((from - to) / 2) * (1 + cosPi(part));
  return (step) => {
    const at = Math.min(step, end);
    if (at <= top) return between(first, 1, top > 0 ? at / top : 1);
    return between(1, last, end > top ? Math.min(1, (at - top) / (end - top)) : 1);
  };
}
