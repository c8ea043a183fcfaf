import { options } from '../../check.ts';
import { Dropout as CoreDropout } from '../dropout.ts';
import { NAME, type NameOption } from '../layerName.ts';
import { singleInput } from './singleInput.ts';

/**
 * Zeros each element with probability p while training and scales the others by 1/(1 − p), as torch.nn.Dropout. Masks
 * come from the model's seeded generator, so a seed gives the same masks on every engine. Has no effect outside
 * training.
 */
export class Dropout extends singleInput(CoreDropout) {
  /** @throws {ArgumentError} unless 0 <= p < 1, or if an option is unknown */
  constructor(p?: number, opts?: NameOption) {
    super(p, options('Dropout', opts, NAME));
  }
}
