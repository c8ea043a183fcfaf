import { integer, number, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { runningPower } from './power.ts';

/**
 * The learning rate of a step, as a factor of the optimizer's: a pure function of the number of steps made before,
 * so that a resumed run needs nothing but that number. Only + − × ÷, the same bits on every engine.
 */
export type Schedule = (step: number) => number;

/**
 * gamma to the power of floor(step / stepSize), as torch.optim.lr_scheduler.StepLR. gamma: default 0.1.
 * @throws {ArgumentError} a stepSize below 1, a negative gamma
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
 * @throws {ArgumentError} steps below 1, a floor outside 0..1
 */
export function cosineLR(opts: { readonly steps: number; readonly floor?: number | undefined }): Schedule {
  const { steps, floor = 0 } = options('cosineLR', opts, { steps: true, floor: true });
  integer('steps', steps, 1);
  number('floor', floor, 0, 1);
  return (step) => floor + ((1 - floor) * (1 + cosPi(Math.min(step / steps, 1)))) / 2;
}

/**
 * From near 0 up to 1 in even steps over `steps` steps, then `after` (default: constant), counted from there.
 * @throws {ArgumentError} steps below 1, an `after` that is no function
 */
export function warmup(opts: { readonly steps: number; readonly after?: Schedule | undefined }): Schedule {
  const { steps, after = () => 1 } = options('warmup', opts, { steps: true, after: true });
  integer('steps', steps, 1);
  if (typeof after !== 'function') throw new ArgumentError('after', 'a schedule', after);
  return (step) => (step < steps ? (step + 1) / steps : after(step - steps));
}

/** cos(πx) for x in 0..1, absolute error below 1e-14: the Taylor series about ½, where |πx − π/2| <= π/2. */
function cosPi(x: number): number {
  const t = Math.PI * (0.5 - x);
  const q = t * t;
  let sum = 0;
  for (let k = 23; k >= 3; k -= 2) sum = ((sum + 1) * -q) / (k * (k - 1));
  return t * (1 + sum);
}
