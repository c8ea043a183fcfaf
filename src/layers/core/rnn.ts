import { ArgumentError } from '../../errors.ts';
import { rnn } from '../cells/rnn.ts';
import type { RecurrentOptions } from '../recurrent/options.ts';
import { Recurrent } from '../recurrent/recurrent.ts';
import { plainOptions } from './plainRecurrent.ts';

/** What `RNN` takes beside its sizes. */
export interface RNNOptions extends RecurrentOptions {
  /** φ. Default `tanh`. */
  readonly nonlinearity?: 'tanh' | 'relu' | undefined;
}

/**
 * Elman's recurrent network (1990), as torch.nn.RNN: h = φ(x·W_ihᵀ + b_ih + h0·W_hhᵀ + b_hh).
 * State h [numLayers · directions, B, hiddenSize].
 */
export class RNN extends Recurrent {
  readonly type = 'RNN';
  /** φ. */
  readonly nonlinearity: 'tanh' | 'relu';

  /**
   * @throws {ArgumentError} sizes below 1, unknown options, options that contradict each other
   * @throws {FeatureError} an option that `unrolled` alone has
   */
  constructor(inputSize: number, hiddenSize: number, opts?: RNNOptions) {
    const given = plainOptions('RNN', opts, { nonlinearity: true }, {});
    const { nonlinearity = 'tanh' } = given;
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
      throw new ArgumentError('nonlinearity', "'tanh' or 'relu' (others need 'unrolled')", nonlinearity);
    }
    super(inputSize, hiddenSize, given, rnn(nonlinearity), { nonlinearity });
    this.nonlinearity = nonlinearity;
  }
}
