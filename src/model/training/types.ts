import type { Progress } from '../core/save.ts';
import type { StepResult } from '../core/trainerTypes.ts';

/** Result of a step of a trainer of the whole package. */
export interface FullStepResult extends StepResult {
  /** With `accumulate`: number of steps whose gradients wait for the update; undefined if this step made it. */
  readonly accumulated?: number | undefined;
}

/** What a checkpoint of the whole package tells besides the optimizer's state. */
export interface FullProgress extends Progress {
  /** Steps whose gradients wait for the update, if there are any. */
  readonly accumulated?: number | undefined;
  /** State of a schedule that follows a metric. */
  readonly schedule?: unknown;
  /** State of a fit, as text. */
  readonly fit?: string | undefined;
}
