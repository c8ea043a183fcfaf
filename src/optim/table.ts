import * as optimizers from './all.ts';
import * as schedules from './allSchedules.ts';
import type { Optimizer } from './optimizer.ts';
import type { Schedule } from './schedules.ts';

type Classes = typeof optimizers;

/** All optimizers by their name in checkpoints, the class name in lower case. */
export const OPTIMIZERS = Object.fromEntries(
  Object.entries(optimizers satisfies Record<string, new (opts: never) => Optimizer>).map(([name, type]) => [
    name.toLowerCase(),
    type,
  ]),
) as unknown as { readonly [K in keyof Classes as Lowercase<K>]: Classes[K] };

/** The name of an optimizer. */
export type OptimizerName = keyof typeof OPTIMIZERS;

/** All schedules by the name of their function. */
export const SCHEDULES = schedules satisfies Readonly<Record<string, (opts: never) => Schedule>>;

/** The name of a schedule. */
export type ScheduleName = keyof typeof SCHEDULES;
