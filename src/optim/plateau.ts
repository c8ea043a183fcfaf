import { integer, isSize, number, oneOf, withDefaults } from '../check.ts';
import { ArgumentError, FormatError, StateError, show } from '../errors.ts';
import { AFTER, type Schedule } from './schedules.ts';

/** A schedule that follows a metric, which `Trainer.report` tells it. */
export interface MetricSchedule extends Schedule {
  /** Takes the next value of the metric. */
  report(metric: number): void;
  /** What is saved in checkpoints, as JSON. */
  state(): object;
  /** Continues from what `state` gave. @throws {FormatError} if it is not such a state */
  restore(state: unknown): void;
}

/** The schedule that follows a metric: the given one, or that after its warm-up. */
export function followsMetric(schedule: Schedule | undefined): MetricSchedule | undefined {
  if (!schedule || 'report' in schedule) return schedule as MetricSchedule | undefined;
  return followsMetric(AFTER.get(schedule));
}

/** Tells a schedule the next value of its metric. @throws {StateError} if it follows none */
export function reportTo(schedule: Schedule | undefined, metric: number): void {
  const followed = followsMetric(schedule);
  if (!followed) throw new StateError('report: the schedule follows no metric');
  followed.report(metric);
}

/** Checks what a schedule's `state` gave; the result sets it. @throws {FormatError} if it is not such a state */
export function resumed(schedule: Schedule | undefined, state: unknown): () => void {
  const followed = followsMetric(schedule);
  const before = followed?.state();
  followed?.restore(state);
  followed?.restore(before);
  return () => followed?.restore(state);
}

/** Options of `plateau`, as of torch.optim.lr_scheduler.ReduceLROnPlateau. */
export interface PlateauOptions {
  /** Whether the metric is to fall or to rise. Default `'min'`. */
  readonly mode?: 'min' | 'max' | undefined;
  /** What the rate is multiplied by; below 1. Default 0.1. */
  readonly factor?: number | undefined;
  /** Reports without improvement that are tolerated. Default 10. */
  readonly patience?: number | undefined;
  /** Smallest change that is an improvement. Default 1e-4. */
  readonly threshold?: number | undefined;
  /** Whether the threshold is relative to the best value. Default `'rel'`. */
  readonly thresholdMode?: 'rel' | 'abs' | undefined;
  /** Reports after a reduction that are not counted. Default 0. */
  readonly cooldown?: number | undefined;
  /** Smallest factor of the learning rate. Default 0. */
  readonly minFactor?: number | undefined;
}

interface PlateauState {
  readonly scale: number;
  readonly best: number | null;
  readonly bad: number;
  readonly cooling: number;
}

/**
 * Multiplies the rate by `factor` once a metric has not improved for more than `patience` reports, as
 * torch.optim.lr_scheduler.ReduceLROnPlateau. Report the metric, such as the loss of an evaluation, with
 * `trainer.report(metric)`. Its state is saved in checkpoints. One that is not finite is no improvement.
 *
 * @throws {ArgumentError} if an option is out of range
 */
export function plateau(opts?: PlateauOptions): MetricSchedule {
  const { mode, thresholdMode, ...given } = withDefaults('plateau', opts, {
    ...{ mode: 'min', factor: 0.1, patience: 10, threshold: 1e-4 },
    ...{ thresholdMode: 'rel', cooldown: 0, minFactor: 0 },
  });
  oneOf('mode', mode, ['min', 'max']);
  oneOf('thresholdMode', thresholdMode, ['rel', 'abs']);
  const factor = number('factor', given.factor, 0, 1, true);
  const patience = integer('patience', given.patience, 0);
  const threshold = number('threshold', given.threshold, 0);
  const cooldown = integer('cooldown', given.cooldown, 0);
  const minFactor = number('minFactor', given.minFactor, 0, 1);
  const sign = mode === 'min' ? 1 : -1;
  let [scale, best, bad, cooling]: [number, number | null, number, number] = [1, null, 0, 0];
  const improves = (metric: number) => {
    if (!Number.isFinite(metric)) return false;
    if (best === null) return true;
    const margin = thresholdMode === 'rel' ? best * (1 - sign * threshold) : best - sign * threshold;
    return sign * metric < sign * margin;
  };
  const report = (metric: number) => {
    if (typeof metric !== 'number') throw new ArgumentError('metric', 'a number', metric);
    if (improves(metric)) {
      best = metric;
      bad = 0;
    } else bad++;
    if (cooling > 0) {
      cooling--;
      bad = 0;
    }
    if (bad <= patience) return;
    scale = Math.max(scale * factor, minFactor);
    cooling = cooldown;
    bad = 0;
  };
  const restore = (state: unknown) => {
    const {
      scale: s = 1,
      best: b = null,
      bad: n = 0,
      cooling: c = 0,
    } = (state ?? {}) as Partial<PlateauState>;
    const fits =
      Number.isFinite(s) && s >= 0 && s <= 1 && (b === null || Number.isFinite(b)) && isSize(n) && isSize(c);
    if (!fits) throw new FormatError(`checkpoint: invalid state of the schedule: ${show(state)}`);
    [scale, best, bad, cooling] = [s, b, n, c];
  };
  const state = (): PlateauState => ({ scale, best, bad, cooling });
  return Object.assign(() => scale, { report, state, restore });
}
