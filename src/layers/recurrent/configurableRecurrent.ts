import type { LayerScope, Pass } from '../../engine/layer.ts';
import { configurablePass } from './configurablePass.ts';
import {
  type ConfigurableOptions,
  type Configuration,
  configurableConfig,
  kindsOf,
} from './configuration.ts';
import type { LayerShape, Place, PlainPass, Source } from './direction.ts';
import { withPenalty } from './penaltyPass.ts';
import { Recurrent } from './recurrent.ts';

/** An RNN, LSTM or GRU: at torch.nn's defaults it takes the plain kernels, with other options those of assembly/configurable. */
export abstract class ConfigurableRecurrent extends Recurrent {
  protected override readonly looksUp: boolean;
  readonly #features: Configuration;
  readonly #own: Readonly<Record<string, unknown>>;

  /**
   * @param plain whether the plain kernels do
   * @param own options of the cell that are not at their default, for saved models
   */
  protected constructor(
    inputSize: number,
    hiddenSize: number,
    opts: ConfigurableOptions,
    features: Configuration,
    plain: boolean,
    own: Readonly<Record<string, unknown>>,
  ) {
    const kinds = kindsOf(hiddenSize, opts.bias ?? true, features);
    super(inputSize, hiddenSize, opts, features.projSize || hiddenSize, kinds);
    this.#features = features;
    this.#own = own;
    this.looksUp = plain;
  }

  override config(): Record<string, unknown> {
    return { ...super.config(), ...configurableConfig(this.#features), ...this.#own };
  }

  protected override direction(scope: LayerScope, shape: LayerShape, from: Source, place: Place): Pass {
    const { clipStepNorm } = this.common;
    const pass = this.looksUp
      ? this.plainPass(scope, shape, from, place, clipStepNorm)
      : configurablePass(scope, shape, from, place, this.#features, clipStepNorm);
    return withPenalty(scope, pass, place, this.hiddenSize, this.#features.penalty);
  }

  /** One direction of one stacked layer on the plain kernels. */
  protected abstract plainPass(...args: PlainPass): Pass;
}
