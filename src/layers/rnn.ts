import { type Activation, activationOf } from '../activations.ts';
import { integer, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { RNN_KIND } from './cells/configurable.ts';
import { rnn } from './cells/rnn.ts';
import { configurable } from './recurrent/configurable.ts';
import {
  CONFIGURABLE_OPTIONS,
  type ConfigurableOptions,
  configurationOf,
  type Zoneout,
} from './recurrent/configuration.ts';
import { GraphRecurrent } from './recurrent/graphRecurrent.ts';
import { biasesOf } from './recurrent/singleBias.ts';

/** Options of `RNN`, in addition to those of all recurrent layers. */
export interface RNNOptions extends ConfigurableOptions {
  /** Probability that h keeps its old value in a step, while training. Default 0. */
  readonly zoneout?: number | Omit<Zoneout, 'c'> | undefined;
  /** Activation φ. Default `tanh`. */
  readonly nonlinearity?: Activation | undefined;
}

/**
 * Elman's recurrent network (1990), as torch.nn.RNN: h = φ(x·W_ihᵀ + b_ih + h0·W_hhᵀ + b_hh).
 * State h [numLayers · directions, B, hiddenSize].
 */
export class RNN extends GraphRecurrent {
  readonly type = 'RNN';
  /** φ. */
  readonly nonlinearity: Activation;

  /** @throws {ArgumentError} if a size is below 1, an option is unknown, or options conflict */
  constructor(inputSize: number, hiddenSize: number, opts?: RNNOptions) {
    const given = options('RNN', opts, { ...CONFIGURABLE_OPTIONS, nonlinearity: true });
    const H = integer('hiddenSize', hiddenSize, 1);
    const { nonlinearity = 'tanh' } = given;
    const features = configurationOf(H, given, {
      cell: RNN_KIND,
      activations: [activationOf('nonlinearity', nonlinearity)],
    });
    const plain = (['tanh', 'relu'] as const).map((name) => ({ cell: rnn(name), activations: [name] }));
    const { cell, config } = configurable(features, plain);
    const biases = biasesOf(given, cell);
    const own = { ...config, ...biases.own, nonlinearity };
    super(inputSize, H, biases.opts, biases.cell, own);
    this.nonlinearity = nonlinearity;
    if (features.penalty.omega > 0 && nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
      throw new ArgumentError(
        'penalty.omega',
        'undefined with a nonlinearity other than tanh and relu',
        nonlinearity,
      );
    }
  }
}
