import type { Region } from '../../memory/layout.ts';
import type { OutputRows } from '../fit/outputRows.ts';
import type { GraphSteps } from '../graph/countedSteps.ts';
import type { Named } from '../graph/named.ts';
import type { States } from './givenStates.ts';
import type { TargetWeights } from './rowWeights.ts';

/** Options of a step that a batch is read with. */
export interface BatchOptions extends GraphSteps, Omit<TargetWeights, 'weights'> {
  /** As of `TargetWeights`; by name for a `Model` with several outputs. */
  readonly weights?: Named<NonNullable<TargetWeights['weights']>> | undefined;
  /**
   * States to start from, by name: `{ '1.h_l0': [B, H] }`. Others are carried, or zeros. Names are those of the layer, the
   * state and the stacked layer, with `_reverse` for the reverse direction.
   */
  readonly states?: States | undefined;
}

/** How a batch is evaluated. */
export interface Measuring {
  /** Whether it starts from the states in which the last evaluation ended. */
  readonly carry: boolean;
  /** Whether it starts from zeros nevertheless. */
  readonly restart?: boolean | undefined;
  /** Whether outputs and targets are wanted. */
  readonly outputs?: boolean | undefined;
}

/** A batch that was evaluated. */
export interface Measured {
  readonly loss: number;
  /** Divisor of the mean. */
  readonly count: number;
  /** By output; none unless they are wanted. */
  readonly outputs: readonly OutputRows[];
}

/** What checkpoints have of a fit. */
export interface FitInFile {
  /** Blocks laid out as the parameters, by name. */
  kept(): (readonly [string, Region])[];
  state(): string;
  /** Sets what was read. */
  resume(): () => void;
}
