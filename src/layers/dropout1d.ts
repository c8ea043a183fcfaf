import { number, options } from '../check.ts';
import type { LayerScope, Pass } from '../engine/layer.ts';
import type { Region } from '../memory/layout.ts';
import { dropoutPass } from './dropout.ts';
import { SingleLayer } from './graph/singleInput.ts';
import { NAME, type NameOption } from './layerName.ts';

/**
 * Zeros whole features of each row with probability p while training, the same ones at all steps, and scales the others by
 * 1/(1 − p), as torch.nn.Dropout1d over [B, features, T] and Keras's SpatialDropout1D (Tompson et al. 2015). Masks come
 * from the model's seeded generator. Has no effect outside training.
 */
export class Dropout1d extends SingleLayer {
  /** Class name, as in saved models. */
  readonly type = 'Dropout1d';
  /** Its input; `undefined` accepts any number of features. */
  readonly input = undefined;
  /** @internal */
  readonly elementwise = true;
  /** Probability of a feature to be zeroed. */
  readonly p: number;

  /** @throws {ArgumentError} unless 0 <= p < 1, or if an option is unknown */
  constructor(p = 0.5, opts?: NameOption) {
    super(options('Dropout1d', opts, NAME));
    this.p = number('p', p, 0, 1, true);
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { p: this.p };
  }

  /** @internal */
  isIdle(training: boolean): boolean {
    return !training || this.p === 0;
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    return [dropoutPass(scope, input, this.p, true)];
  }
}
