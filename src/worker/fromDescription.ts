import { options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { bceWithLogits, type CrossEntropyOptions, crossEntropy, type Loss, mse } from '../losses/loss.ts';
import { Adagrad, type AdagradOptions } from '../optim/adagrad.ts';
import { Adam, type AdamOptions, AdamW } from '../optim/adam.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { RMSprop, type RMSpropOptions } from '../optim/rmsprop.ts';
import { cosineLR, type Schedule, stepLR, warmup } from '../optim/schedules.ts';
import { SGD, type SGDOptions } from '../optim/sgd.ts';

/** A loss as data: its name, or its name and options. */
export type LossDescription =
  | 'crossEntropy'
  | 'mse'
  | 'bceWithLogits'
  | ({ readonly name: 'crossEntropy' } & CrossEntropyOptions)
  | { readonly name: 'mse' | 'bceWithLogits' };

/** An optimizer as data: the name it is saved under, and its options. */
export type OptimizerDescription =
  | ({ readonly name: 'sgd' } & SGDOptions)
  | ({ readonly name: 'adam' | 'adamw' } & AdamOptions)
  | ({ readonly name: 'rmsprop' } & RMSpropOptions)
  | ({ readonly name: 'adagrad' } & AdagradOptions);

/** A schedule as data: the name of the function that makes it, and its options. */
export type ScheduleDescription =
  | { readonly name: 'stepLR'; readonly stepSize: number; readonly gamma?: number | undefined }
  | { readonly name: 'cosineLR'; readonly steps: number; readonly floor?: number | undefined }
  | { readonly name: 'warmup'; readonly steps: number; readonly after?: ScheduleDescription | undefined };

// what a description says is checked by what it makes
// biome-ignore lint/suspicious/noExplicitAny: see above
type Maker<T> = (given: any) => T;

const losses: Record<string, Maker<Loss>> = {
  crossEntropy,
  mse: (given) => {
    options('mse', given, {});
    return mse();
  },
  bceWithLogits: (given) => {
    options('bceWithLogits', given, {});
    return bceWithLogits();
  },
};
const optimizers: Record<string, Maker<Optimizer>> = {
  sgd: (given) => new SGD(given),
  adam: (given) => new Adam(given),
  adamw: (given) => new AdamW(given),
  rmsprop: (given) => new RMSprop(given),
  adagrad: (given) => new Adagrad(given),
};
const schedules: Record<string, Maker<Schedule>> = {
  stepLR,
  cosineLR,
  warmup: ({ after, ...rest }) =>
    warmup({ ...rest, ...(after === undefined ? {} : { after: makeSchedule(after) }) }),
};

/** @throws {ArgumentError} an unknown name, or options that the loss refuses */
export function makeLoss(description: LossDescription): Loss {
  return make('loss', losses, typeof description === 'string' ? { name: description } : description);
}

/** @throws {ArgumentError} an unknown name, or options that the optimizer refuses */
export function makeOptimizer(description: OptimizerDescription): Optimizer {
  return make('optimizer', optimizers, description);
}

/** @throws {ArgumentError} an unknown name, or options that the schedule refuses */
export function makeSchedule(description: ScheduleDescription): Schedule {
  return make('schedule', schedules, description);
}

function make<T>(
  argument: string,
  makers: Record<string, Maker<T>>,
  description: { readonly name: string },
): T {
  const { name, ...rest } = description ?? {};
  if (typeof name !== 'string' || !Object.hasOwn(makers, name)) {
    const names = Object.keys(makers).map((known) => `'${known}'`);
    throw new ArgumentError(`${argument}.name`, `one of ${names.join(', ')}`, name);
  }
  return makers[name]!(rest);
}
