import type { Region } from '../memory/layout.ts';
import type { Signal } from '../ndarray.ts';
import type { Packed, Plan } from './plan.ts';

/** Memory of a stream. */
export interface StreamPlan {
  readonly plan: Plan;
  /** Room for one row. */
  readonly probabilities: Region;
  /** Temporary memory for a row of the widest state, to swap two rows. */
  readonly spare: Region;
  readonly packed: Packed;
  /** What a step reads. */
  readonly signal: Signal;
  /** First byte after it. */
  readonly end: number;
}
