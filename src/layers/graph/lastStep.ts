import { LastStep as CoreLastStep, type LastStepOptions } from '../lastStep.ts';
import type { NameOption } from '../layerName.ts';
import { singleInput } from './singleInput.ts';

/**
 * Returns the last step of each row, or its last valid step if lengths are given: [T, B, F] to [1, B, F] (Keras's
 * `return_sequences=False`), in a graph to a vector [B, F]. After a bidirectional layer, also with a `Dropout` in
 * between, it returns the last output of each direction (for the reverse direction that at the first step): hN, merged
 * like the layer's outputs. After any other layer, such as a Linear over all steps, it returns the last step in time.
 * Zeros for rows without steps. In a stream every step is returned.
 */
export class LastStep extends singleInput(CoreLastStep) {
  /** @throws {ArgumentError} if an option is unknown or not a boolean */
  constructor(opts?: LastStepOptions & NameOption) {
    super(opts);
  }
}
