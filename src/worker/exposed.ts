import { callable, type Names, options } from '../check.ts';
import type { CustomLayerClass } from '../custom/layer.ts';
import type { CustomLoss } from '../custom/loss.ts';
import type { CustomOptimizer } from '../custom/optimizer.ts';
import type { Metric, MetricFunction } from '../data/metrics/metric.ts';
import { ArgumentError } from '../errors.ts';
import type { Loss } from '../losses/loss.ts';
import { hasGraph } from '../model/files.ts';
import {
  type ExposedDescription,
  type LossDescription,
  makeLoss,
  makeOptimizer,
  makeSchedule,
  type OptimizerDescription,
  type ScheduleDescription,
} from '../model/fromDescription.ts';
import { Model } from '../model/graph/model.ts';
import { Sequential } from '../model/sequential.ts';
import type { TrainerOptions } from '../model/trainer.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { Schedule } from '../optim/schedules.ts';
import { isPlain } from './portable.ts';
import type { WorkerTrainerOptions } from './types.ts';

/** Custom layers, and functions that create losses, optimizers, schedules and metrics from options. */
export interface Exposed {
  /** Custom layers by `type`. */
  readonly layers?: Readonly<Record<string, CustomLayerClass>> | undefined;
  /** By name. */
  // biome-ignore lint/suspicious/noExplicitAny: options are the user's own
  readonly losses?: Readonly<Record<string, (options: any) => CustomLoss | Loss>> | undefined;
  /** By name. */
  // biome-ignore lint/suspicious/noExplicitAny: options are the user's own
  readonly optimizers?: Readonly<Record<string, (options: any) => CustomOptimizer | Optimizer>> | undefined;
  /** By name. */
  // biome-ignore lint/suspicious/noExplicitAny: options are the user's own
  readonly schedules?: Readonly<Record<string, (options: any) => Schedule>> | undefined;
  /** By name. */
  // biome-ignore lint/suspicious/noExplicitAny: options are the user's own
  readonly metrics?: Readonly<Record<string, (options: any) => Metric | MetricFunction>> | undefined;
}

/** Names of what can be exposed. */
const EXPOSED: Names<Exposed> = {
  layers: true,
  losses: true,
  optimizers: true,
  schedules: true,
  metrics: true,
};

/**
 * What is exposed, checked.
 * @param of its name in errors
 * @throws {ArgumentError} unless it is classes and functions by name
 */
export function checkExposed(of: string, given: Exposed | undefined): Exposed {
  const made = options(of, given, EXPOSED);
  for (const [kind, members] of Object.entries(made)) checkFunctions(`${of}.${kind}`, members);
  return made;
}

/** @throws {ArgumentError} unless it has only functions */
export function checkFunctions(argument: string, given: unknown): void {
  if (!isPlain(given)) throw new ArgumentError(argument, 'an object with functions by name', given);
  for (const [name, member] of Object.entries(given)) callable(`${argument}.${name}`, member);
}

/** Creates an exposed loss or optimizer; undefined if the description is not `{ exposed }`. */
export function exposed<T>(
  argument: string,
  makers: Readonly<Record<string, (options: unknown) => T>> = {},
  description: unknown,
): T | undefined {
  const { exposed: name, ...rest } = (description ?? {}) as ExposedDescription;
  if (name === undefined) return undefined;
  if (typeof name !== 'string' || !Object.hasOwn(makers, name)) {
    const known = Object.keys(makers).join(', ') || 'none';
    throw new ArgumentError(`${argument}.exposed`, `a name exposed by the worker (${known})`, name);
  }
  return makers[name]!(rest);
}

/** Loads a saved model of either kind. @throws {FormatError} as `Sequential.load` */
export function loadModel(
  bytes: Uint8Array,
  layers: Readonly<Record<string, CustomLayerClass>> = {},
): Sequential | Model {
  return (hasGraph(bytes) ? Model : Sequential).load(bytes, { layers });
}

/** Options of a trainer, given as data, as a trainer of this model takes them. */
export type DescribedOptions = Omit<WorkerTrainerOptions, 'kernels' | 'revectorize' | 'threads' | 'wasm'>;

/** Makes what is described. @throws {ArgumentError} if a name is unknown, or an option is refused */
export function madeOptions(
  model: Sequential | Model,
  { loss, optimizer, schedule, ...rest }: DescribedOptions,
  given: Exposed,
): TrainerOptions {
  return {
    ...rest,
    loss: madeLosses(model, loss, given),
    optimizer:
      exposed('optimizer', given.optimizers, optimizer) ?? makeOptimizer(optimizer as OptimizerDescription),
    ...(schedule === undefined
      ? {}
      : {
          schedule:
            exposed('schedule', given.schedules, schedule) ?? makeSchedule(schedule as ScheduleDescription),
        }),
  };
}

/** The loss, or those by output of a graph whose outputs have names. */
function madeLosses(
  model: Sequential | Model,
  loss: DescribedOptions['loss'],
  { losses }: Exposed,
): TrainerOptions['loss'] {
  const make = (argument: string, description: unknown) =>
    exposed(argument, losses, description) ?? makeLoss(description as LossDescription, argument);
  if (!(model instanceof Model) || model.graph.single.output || !isPlain(loss)) return make('loss', loss);
  return Object.fromEntries(
    Object.entries(loss).map(([name, description]) => [name, make(`loss.${name}`, description)]),
  );
}
