import type { Names } from '../check.ts';
import type { CustomLoss } from '../custom/loss.ts';
import type { CustomOptimizer } from '../custom/optimizer.ts';
import type { Flow } from '../diagnostics/flow.ts';
import type { Loss } from '../losses/loss.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { Schedule } from '../optim/schedules.ts';
import type { Truncation } from './bptt/truncated.ts';
import { OPTIONS as CORE_OPTIONS } from './core/trainerBase.ts';
import type { TrainerOptions as CoreOptions } from './core/trainerTypes.ts';
import type { LossDescription, OptimizerDescription, ScheduleDescription } from './fromDescription.ts';
import type { FullOptions } from './training/fullOptions.ts';
import type { BatchOptions } from './training/fullTypes.ts';
import type { FullStepResult } from './training/types.ts';

export type { Truncation } from './bptt/truncated.ts';
export type { Evaluation, NonFinitePolicy } from './core/trainerTypes.ts';
export type { BatchOptions } from './training/fullTypes.ts';
export type { States } from './training/givenStates.ts';
export type { Match, ParameterGroup } from './training/parameterParts.ts';
export type { TargetWeights } from './training/rowWeights.ts';

/** A loss of this package, a function that creates it, its name or description, or a custom one. */
export type AnyLoss = Loss | (() => Loss) | CustomLoss | LossDescription;

/** Options of a `Trainer`. */
export interface TrainerOptions extends Omit<CoreOptions, 'loss' | 'optimizer' | 'schedule'>, FullOptions {
  /**
   * The loss: `crossEntropy` or, with options, `crossEntropy({ ignoreIndex: 0 })`; also `mse` and others, or a custom
   * loss; or by name, `'crossEntropy'` or `{ name: 'crossEntropy', ignoreIndex: 0 }`. For a `Model` with named outputs one
   * of these for each.
   */
  readonly loss: AnyLoss | Readonly<Record<string, AnyLoss>>;
  /** For losses by name: factor of each in their sum, which is the loss of a step. Default 1. */
  readonly lossWeights?: Readonly<Record<string, number>> | undefined;
  /**
   * An optimizer of this package, which can't be shared with another trainer, or a custom one; or by name, `'adamw'` or
   * `{ name: 'adamw', lr: 1e-3 }`.
   */
  readonly optimizer: Optimizer | CustomOptimizer | OptimizerDescription;
  /** Factor of the learning rate at each step: a function, or `{ name: 'cosineLR', steps: 1000 }`. */
  readonly schedule?: Schedule | ScheduleDescription | undefined;
  /** Truncated BPTT inside a step (Williams & Peng 1990): an update every k1 steps, back through the last k2. */
  readonly truncation?: Truncation | undefined;
  /** Each step starts from the last states of the previous one, detached. Default false. */
  readonly carryState?: boolean | undefined;
  /**
   * Maximum bytes of the plan of a step. For longer sequences only some states are kept and the activations between
   * them are recomputed (Gruslys et al. 2016). Gradients have the same bits. `model.plan()` shows the cost.
   */
  readonly memoryBudget?: number | undefined;
}

/** Options of an evaluation. */
export interface EvaluationOptions extends BatchOptions {
  /**
   * `evaluate` only: start from the states in which the last evaluation with `carry` ended, if no update was made since;
   * the first one starts from zeros. Training is not affected. Default false.
   */
  readonly carry?: boolean | undefined;
}

/** Options of a step. */
export interface StepOptions extends BatchOptions {
  /** Measure how the gradient flows through the recurrent layers. Default false. */
  readonly flow?: boolean | undefined;
}

/** Result of a step. */
export interface StepResult extends FullStepResult {
  /** With `flow`. */
  readonly flow?: Flow | undefined;
}

/** Gradients of a batch, for `apply`. */
export interface Gradients extends Omit<StepResult, 'flow' | 'accumulated'> {
  /** Those of all parameters that are not frozen, one after the other in the order of `model.stateDict()`. */
  readonly gradients: Float32Array<ArrayBuffer>;
}

/** Names of the options of a trainer. */
export const OPTIONS: Names<TrainerOptions> = {
  ...CORE_OPTIONS,
  lossWeights: true,
  truncation: true,
  memoryBudget: true,
  carryState: true,
  warmup: true,
  frozen: true,
  groups: true,
  accumulate: true,
  averages: true,
};

/** Names of the options of a batch. */
export const BATCH: Names<BatchOptions> = {
  lengths: true,
  mask: true,
  weights: true,
  warmup: true,
  states: true,
};

/** Names of the options of a step. */
export const STEP: Names<StepOptions> = { ...BATCH, flow: true };
