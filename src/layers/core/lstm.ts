import { integer } from '../../check.ts';
import { lstm } from '../cells/lstm.ts';
import { withForgetBias } from '../recurrent/forgetBias.ts';
import type { RecurrentOptions } from '../recurrent/options.ts';
import { Recurrent } from '../recurrent/recurrent.ts';
import { OTHERS_OF_LSTM, plainOptions } from './plainRecurrent.ts';

/** What `LSTM` takes beside its sizes. */
export interface LSTMOptions extends RecurrentOptions {
  /** The forget gate's bias to start from (Gers et al. 2000; Keras has 1): its `bias_ih` part; `bias_hh` then is 0. */
  readonly forgetBias?: number | undefined;
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997), as torch.nn.LSTM: gates i f g o,
 * c = f ⊙ c0 + i ⊙ g, h = o ⊙ tanh c. States h and c [numLayers · directions, B, hiddenSize].
 */
export class LSTM extends Recurrent {
  readonly type = 'LSTM';

  /**
   * @throws {ArgumentError} sizes below 1, unknown options, options that contradict each other
   * @throws {FeatureError} an option that `unrolled` alone has
   */
  constructor(inputSize: number, hiddenSize: number, opts?: LSTMOptions) {
    const given = plainOptions('LSTM', opts, { forgetBias: true }, OTHERS_OF_LSTM);
    const H = integer('hiddenSize', hiddenSize, 1);
    super(inputSize, H, withForgetBias(given, H), lstm);
  }
}
