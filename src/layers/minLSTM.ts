import { options } from '../check.ts';
import { minlstm } from './cells/minlstm.ts';
import { NAME, type NameOption } from './layerName.ts';
import { GraphRecurrent } from './recurrent/graphRecurrent.ts';
import { RECURRENT_OPTIONS, type RecurrentOptions } from './recurrent/options.ts';

/**
 * minLSTM with normalised gates (Feng et al. 2024, arXiv 2410.01201): f = σ(x·W_fᵀ + b_f), i = σ(x·W_iᵀ + b_i), g =
 * x·W_gᵀ + b_g, h = f/(f + i) ⊙ h0 + i/(f + i) ⊙ g; the gates do not depend on h. The only state is h [numLayers ·
 * directions, B, hiddenSize].
 *
 * Parameters of layer k: `weight_ih_lk` [3·hiddenSize, inputSize], `bias_ih_lk` [3·hiddenSize], rows f i g; initially
 * uniform in ±1/√inputSize, as torch.nn.Linear, which the paper uses.
 */
export class MinLSTM extends GraphRecurrent {
  readonly type = 'MinLSTM';

  /** @throws {ArgumentError} if a size is below 1, an option is unknown, or options conflict */
  constructor(inputSize: number, hiddenSize: number, opts?: RecurrentOptions & NameOption) {
    const given = options('MinLSTM', opts, { ...RECURRENT_OPTIONS, ...NAME });
    super(inputSize, hiddenSize, given, minlstm);
  }
}
