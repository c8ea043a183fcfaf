import { oneOf, options } from '../check.ts';
import { indrnn } from './cells/indrnn.ts';
import { NAME, type NameOption } from './layerName.ts';
import { GraphRecurrent } from './recurrent/graphRecurrent.ts';
import { RECURRENT_OPTIONS, type RecurrentOptions } from './recurrent/options.ts';

/** Options of `IndRNN`, in addition to those of all recurrent layers. */
export interface IndRNNOptions extends RecurrentOptions, NameOption {
  /** Activation φ. Default `relu`. */
  readonly nonlinearity?: 'relu' | 'tanh' | undefined;
}

/**
 * Independently recurrent network (Li et al. 2018, arXiv 1803.04831): h = φ(x·W_ihᵀ + b_ih + w_hh ⊙ h0); each unit
 * reads only its own state. State h [numLayers · directions, B, hiddenSize].
 *
 * Parameters of layer k: `weight_ih_lk` [hiddenSize, inputSize], `weight_hh_lk` [hiddenSize], `bias_ih_lk`
 * [hiddenSize]. `weight_hh` starts uniform in 0..1, the others in ±1/√hiddenSize. For sequences of T steps and relu
 * the paper uses |w_hh| <= 2^(1/T), so that gradients at most double: `init: { weight_hh: uniform(0, 2 ** (1 / T))
 * }`. If only the last step is used, those of the last layer start near 1.
 */
export class IndRNN extends GraphRecurrent {
  readonly type = 'IndRNN';
  /** φ. */
  readonly nonlinearity: 'relu' | 'tanh';

  /** @throws {ArgumentError} if a size is below 1, an option is unknown, or options conflict */
  constructor(inputSize: number, hiddenSize: number, opts?: IndRNNOptions) {
    const given = options('IndRNN', opts, { ...RECURRENT_OPTIONS, ...NAME, nonlinearity: true });
    const { nonlinearity = 'relu' } = given;
    oneOf('nonlinearity', nonlinearity, ['relu', 'tanh']);
    super(inputSize, hiddenSize, given, indrnn(nonlinearity), { nonlinearity });
    this.nonlinearity = nonlinearity;
  }
}
