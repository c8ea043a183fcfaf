import * as optimizers from './index.ts';
import type { Optimizer } from './optimizer.ts';
import type { Schedule } from './schedules.ts';
import * as schedules from './schedules.ts';

type Classes = typeof optimizers;

/** Every optimizer, by the name under which it is saved: that of its class in lower case. */
export const OPTIMIZERS = Object.fromEntries(
  Object.entries(optimizers satisfies Record<string, new (opts: never) => Optimizer>).map(([name, type]) => [
    name.toLowerCase(),
    type,
  ]),
) as unknown as { readonly [K in keyof Classes as Lowercase<K>]: Classes[K] };

/** The name of an optimizer. */
export type OptimizerName = keyof typeof OPTIMIZERS;

/** Every schedule, by the name of the function that makes it. */
export const SCHEDULES = schedules satisfies Readonly<Record<string, (opts: never) => Schedule>>;

/** The name of a schedule. */
export type ScheduleName = keyof typeof SCHEDULES;
