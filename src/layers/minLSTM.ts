import { integer, options } from '../check.ts';
import { minlstm } from './cells/minlstm.ts';
import { RECURRENT_OPTIONS, type RecurrentOptions } from './recurrent/options.ts';
import { Recurrent } from './recurrent/recurrent.ts';

/**
 * minLSTM with normalised gates (Feng et al. 2024, arXiv 2410.01201): f = σ(x·W_fᵀ + b_f), i = σ(x·W_iᵀ + b_i),
 * g = x·W_gᵀ + b_g, h = f/(f + i) ⊙ h0 + i/(f + i) ⊙ g; no gate sees h. State h [numLayers · directions, B, hiddenSize],
 * and no other.
 *
 * Parameters of layer k: `weight_ih_lk` [3·hiddenSize, inputSize], `bias_ih_lk` [3·hiddenSize], rows f i g; they start
 * uniform in ±1/√inputSize, as the paper's torch.nn.Linear.
 */
export class MinLSTM extends Recurrent {
  readonly type = 'MinLSTM';

  /** @throws {ArgumentError} sizes below 1, unknown options, options that contradict each other */
  constructor(inputSize: number, hiddenSize: number, opts?: RecurrentOptions) {
    const given = options('MinLSTM', opts, RECURRENT_OPTIONS);
    super(integer('inputSize', inputSize, 1), integer('hiddenSize', hiddenSize, 1), given, minlstm);
  }
}
