import { keyOf } from '../check.ts';
import { satisfies } from '../custom/satisfies.ts';
import type { Loss } from '../losses/loss.ts';
import { LOSSES, type LossName } from '../losses/table.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { Schedule } from '../optim/schedules.ts';
import { OPTIMIZERS, type OptimizerName, SCHEDULES, type ScheduleName } from '../optim/table.ts';

/** The options of one that has none, of which a description has nothing. */
type Given<O> = string extends keyof NonNullable<O> ? unknown : NonNullable<O>;

/** The name, if there are no options that must be given. */
type Bare<K, O> = undefined extends O ? K : never;

/** A loss as data: its name, or its name and options. */
export type LossDescription =
  | { [K in LossName]: Bare<K, Parameters<(typeof LOSSES)[K]>[0]> }[LossName]
  | { [K in LossName]: { readonly name: K } & Given<Parameters<(typeof LOSSES)[K]>[0]> }[LossName];

/** A loss or an optimizer that the worker's own script exposes: its name there, and its options. */
export interface ExposedDescription {
  /** The name it has in `expose`. */
  readonly exposed: string;
  /** What is described by `name` is one of this package, whose options are known. */
  readonly name?: undefined;
  readonly [option: string]: unknown;
}

/** An optimizer as data: the name it is saved under, or its name and options. */
export type OptimizerDescription =
  | { [K in OptimizerName]: Bare<K, ConstructorParameters<(typeof OPTIMIZERS)[K]>[0]> }[OptimizerName]
  | {
      [K in OptimizerName]: { readonly name: K } & Given<ConstructorParameters<(typeof OPTIMIZERS)[K]>[0]>;
    }[OptimizerName];

/** A schedule as data: the name of the function that makes it, and its options. Schedules among the options are data, too. */
export type ScheduleDescription = {
  [K in ScheduleName]: { readonly name: K } & Described<Parameters<(typeof SCHEDULES)[K]>[0]>;
}[ScheduleName];

type Described<O> = {
  [P in keyof O]: O[P] extends Schedule | undefined ? ScheduleDescription | undefined : O[P];
};

/** Whether it is a name, or a plain object with a name: a description, not what it describes. */
export function isDescription(given: unknown): given is string | { readonly name: string } {
  return satisfies(() => {
    if (typeof given === 'string') return true;
    const { name } = given as { name?: unknown };
    return typeof name === 'string' && Object.getPrototypeOf(given) === Object.prototype && !isMade(given);
  });
}

/** Whether it has methods, as losses, optimizers and schedules have. */
function isMade(given: unknown): boolean {
  return Object.values(given as object).some((value) => typeof value === 'function');
}

/** @throws {ArgumentError} an unknown name, or options that the loss refuses */
export function makeLoss(description: LossDescription, argument = 'loss'): Loss {
  const { row, options } = find(argument, LOSSES, named(description));
  return row(options as never);
}

/** @throws {ArgumentError} an unknown name, or options that the optimizer refuses */
export function makeOptimizer(description: OptimizerDescription): Optimizer {
  const { row, options } = find('optimizer', OPTIMIZERS, named(description));
  return new row(options as never);
}

/** @throws {ArgumentError} an unknown name, or options that the schedule refuses */
export function makeSchedule(description: ScheduleDescription): Schedule {
  const { row, options } = find('schedule', SCHEDULES, named(description));
  const made = Object.entries(options).map(([key, value]) => [
    key,
    typeof value === 'object' && value !== null && 'name' in value
      ? makeSchedule(value as ScheduleDescription)
      : value,
  ]);
  return row(Object.fromEntries(made) as never);
}

function named<D extends { readonly name: string }>(description: D | string): { readonly name: string } {
  return typeof description === 'string' ? { name: description } : description;
}

/** A table's row of a description's name, and the options beside the name. They are checked by what they make. */
function find<T extends object>(
  argument: string,
  table: T,
  description: { readonly name: string },
): { row: T[keyof T]; options: Record<string, unknown> } {
  const { name, ...options } = description ?? {};
  return { row: table[keyOf(`${argument}.name`, name, table)], options };
}
