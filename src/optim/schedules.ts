import { callable, integer, number, options } from '../check.ts';
import { cosPi } from './cosPi.ts';
import { runningPower } from './power.ts';

/**
 * A learning rate schedule: a pure function from the number of steps made to a factor of the optimizer's learning
 * rate. Uses only + − × ÷, so the bits are the same on every engine.
 */
export type Schedule = (step: number) => number;

/**
 * gamma to the power of floor(step / stepSize), as torch.optim.lr_scheduler.StepLR. gamma: default 0.1.
 * @throws {ArgumentError} if stepSize is below 1 or gamma is negative
 */
export function stepLR(opts: { readonly stepSize: number; readonly gamma?: number | undefined }): Schedule {
  const { stepSize, gamma = 0.1 } = options('stepLR', opts, { stepSize: true, gamma: true });
  integer('stepSize', stepSize, 1);
  number('gamma', gamma, 0);
  return (step) => runningPower(gamma, Math.floor(step / stepSize));
}

/**
 * From 1 to `floor` along half a cosine over `steps` steps (Loshchilov & Hutter 2017), then `floor`, as
 * torch.optim.lr_scheduler.CosineAnnealingLR with eta_min = floor·lr. floor: default 0.
 *
 * @throws {ArgumentError} if steps is below 1 or floor is outside 0..1
 */
export function cosineLR(opts: { readonly steps: number; readonly floor?: number | undefined }): Schedule {
  const { steps, floor = 0 } = options('cosineLR', opts, { steps: true, floor: true });
  integer('steps', steps, 1);
  number('floor', floor, 0, 1);
  return (step) => floor + ((1 - floor) * (1 + cosPi(Math.min(step / steps, 1)))) / 2;
}

/** What comes after a warm-up. */
export const AFTER: WeakMap<Schedule, Schedule> = new WeakMap();

/**
 * Linear warm-up to 1 over `steps` steps, then `after` (default: constant 1), which counts steps from there.
 * Where `after` follows a metric, as `plateau` does, so does the schedule: reports and state are those of `after`.
 * @throws {ArgumentError} if steps is below 1 or `after` is not a function
 */
export function warmup(opts: { readonly steps: number; readonly after?: Schedule | undefined }): Schedule {
  const { steps, after = () => 1 } = options('warmup', opts, { steps: true, after: true });
  integer('steps', steps, 1);
  callable('after', after, 'a schedule');
  const schedule: Schedule = (step) => (step < steps ? (step + 1) / steps : after(step - steps));
  AFTER.set(schedule, after);
  return schedule;
}
