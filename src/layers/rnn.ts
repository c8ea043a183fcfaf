import { integer, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { type Activation, activationOf } from './activations.ts';
import type { Pass, Scope } from './layer.ts';
import type { LayerShape, Place, Source } from './recurrent/direction.ts';
import {
  type Features,
  featuresOf,
  GATED_OPTIONS,
  type GatedOptions,
  gatedConfig,
  isPlain,
  kindsOf,
} from './recurrent/features.ts';
import { RECURRENT_OPTIONS } from './recurrent/options.ts';
import { withPenalty } from './recurrent/penaltyPass.ts';
import { Recurrent } from './recurrent/recurrent.ts';
import { rnnPass } from './recurrent/rnnPass.ts';
import { variantPass } from './recurrent/variantPass.ts';

/** Options of an RNN: those of all recurrent layers, and φ. */
export interface RNNOptions extends GatedOptions {
  /** φ. Default `tanh`. */
  readonly nonlinearity?: Activation;
}

/**
 * Elman's recurrent network (1990), as torch.nn.RNN: h = φ(x·W_ihᵀ + b_ih + h0·W_hhᵀ + b_hh).
 * State h [numLayers · directions, B, hiddenSize].
 */
export class RNN extends Recurrent {
  readonly type = 'RNN';
  /** φ. */
  readonly nonlinearity: Activation;
  protected override readonly looksUp: boolean;
  readonly #features: Features;

  /** @throws {ArgumentError} sizes below 1, unknown options, options that contradict each other */
  constructor(inputSize: number, hiddenSize: number, opts?: RNNOptions) {
    const given = options('RNN', opts, [...RECURRENT_OPTIONS, ...GATED_OPTIONS, 'nonlinearity']);
    const H = integer('hiddenSize', hiddenSize, 1);
    const { nonlinearity = 'tanh' } = given;
    const features = featuresOf(H, given, {
      cell: 0,
      gates: 1,
      activations: [activationOf('nonlinearity', nonlinearity)],
    });
    super(integer('inputSize', inputSize, 1), H, given, H, kindsOf(H, given.bias ?? true, features));
    this.nonlinearity = nonlinearity;
    this.#features = features;
    this.looksUp = isPlain(features, ['tanh']) || isPlain(features, ['relu']);
    if (features.penalty.omega > 0 && nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
      throw new ArgumentError(
        'penalty.omega',
        'none with a nonlinearity other than tanh and relu',
        nonlinearity,
      );
    }
  }

  override config(): Record<string, unknown> {
    return { ...super.config(), ...gatedConfig(this.#features), nonlinearity: this.nonlinearity };
  }

  protected override direction(scope: Scope, shape: LayerShape, from: Source, place: Place): Pass {
    const { clipStepNorm } = this.common;
    const relu = this.nonlinearity === 'relu';
    const pass = this.looksUp
      ? rnnPass(scope, shape, from, place, relu, clipStepNorm)
      : variantPass(scope, shape, from, place, this.#features, clipStepNorm);
    return withPenalty(scope, pass, place, this.hiddenSize, this.#features.penalty);
  }
}
