import type { Plan } from '../../engine/plan.ts';
import type { Loss } from '../../losses/loss.ts';
import type { Optimizer } from '../../optim/optimizer.ts';
import type { Schedule } from '../../optim/schedules.ts';
import type { Batch } from './batch.ts';

/** Options of a `Trainer`. */
export interface TrainerOptions {
  /** The loss: `crossEntropy` or, with options, `crossEntropy({ ignoreIndex: 0 })`; also `mse`, `bceWithLogits`. */
  readonly loss: Loss | (() => Loss);
  /** The optimizer; it can't be shared with another trainer. */
  readonly optimizer: Optimizer;
  /** Maximum global norm of the gradients, as torch.nn.utils.clip_grad_norm_. */
  readonly clipNorm?: number | undefined;
  /** Maximum absolute value of each gradient, as torch.nn.utils.clip_grad_value_. */
  readonly clipValue?: number | undefined;
  /** Factor of the learning rate at each step. */
  readonly schedule?: Schedule | undefined;
  /** Batch size of sequences given as bare arrays. Default 1. */
  readonly batch?: number | undefined;
  /**
   * A loss or a gradient norm that is NaN or infinite: `throw` a NonFiniteError (default), or `skip` the update and count it
   * in `Trainer.skipped`; either way before anything changes. `allow` makes the update.
   */
  readonly nonFinite?: NonFinitePolicy | undefined;
}

/** How to handle a loss or gradient norm that is not finite. */
export type NonFinitePolicy = 'throw' | 'skip' | 'allow';

/** Result of a step. */
export interface StepResult {
  /** Mean loss before the update. */
  readonly loss: number;
  /** Global 2-norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** Learning rate of the update. */
  readonly lr: number;
  /** Value of the layers' penalties; not included in the loss. */
  readonly penalty: number;
  /** True if no update was made, with `nonFinite: 'skip'`. */
  readonly skipped?: true | undefined;
}

/** Result of an evaluation. */
export interface Evaluation {
  /** Mean loss over the targets that count. */
  readonly loss: number;
}

/** Makes the updates of a batch in parts of its sequence, for `truncation` and `memoryBudget`. */
export interface InParts {
  /** Number of updates for this many steps. */
  updates(steps: number): number;
  /** Makes them. */
  step(batch: Batch): StepResult;
}

/** Called with the plan after the forward pass. The function it returns is called after the backward pass. */
export type Look = (plan: Plan) => () => void;
