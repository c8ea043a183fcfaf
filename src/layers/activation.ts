import { options } from '../check.ts';
import type { LayerScope, Pass } from '../engine/layer.ts';
import type { Region } from '../memory/layout.ts';
import {
  activationPass,
  type CheckedActivation,
  isIdentity,
  type LayerActivation,
  layerActivation,
  plainActivation,
} from './activationPass.ts';
import { SingleLayer } from './graph/singleInput.ts';
import { NAME, type NameOption } from './layerName.ts';

/**
 * An activation at every step, as Keras's Activation: one of the functions of recurrent layers, such as `relu`, `gelu` or
 * `{ name: 'elu', alpha: 0.5 }`, or `softmax` or `logSoftmax` over the features. [T, B, F] to [T, B, F].
 */
export class Activation extends SingleLayer {
  /** Class name, as in saved models. */
  readonly type = 'Activation';
  /** Its input; `undefined` accepts any number of features. */
  readonly input = undefined;
  /** φ. */
  readonly activation: LayerActivation;
  readonly #checked: CheckedActivation;

  /**
   * @throws {ArgumentError} if a name, key or option is unknown, or α or β is not finite or given for a function without
   * it
   */
  constructor(activation: LayerActivation, opts?: NameOption) {
    super(options('Activation', opts, NAME));
    this.#checked = layerActivation('activation', activation);
    this.activation = plainActivation(this.#checked);
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { activation: this.activation };
  }

  /** Softmax mixes features, and with them the directions of a layer before it. @internal */
  get elementwise(): boolean {
    return typeof this.#checked !== 'string';
  }

  /** @internal */
  isIdle(): boolean {
    return isIdentity(this.activation);
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    return [activationPass(scope, input, this.#checked, false)];
  }
}
