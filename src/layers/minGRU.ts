import { options } from '../check.ts';
import { mingru } from './cells/mingru.ts';
import { NAME, type NameOption } from './layerName.ts';
import { GraphRecurrent } from './recurrent/graphRecurrent.ts';
import { RECURRENT_OPTIONS, type RecurrentOptions } from './recurrent/options.ts';

/**
 * minGRU (Feng et al. 2024, arXiv 2410.01201): z = σ(x·W_zᵀ + b_z), n = x·W_nᵀ + b_n, h = (1 − z) ⊙ h0 + z ⊙ n; the
 * gates do not depend on h. State h [numLayers · directions, B, hiddenSize].
 *
 * Parameters of layer k: `weight_ih_lk` [2·hiddenSize, inputSize], `bias_ih_lk` [2·hiddenSize], rows z n; initially
 * uniform in ±1/√inputSize, as torch.nn.Linear, which the paper uses.
 */
export class MinGRU extends GraphRecurrent {
  readonly type = 'MinGRU';

  /** @throws {ArgumentError} if a size is below 1, an option is unknown, or options conflict */
  constructor(inputSize: number, hiddenSize: number, opts?: RecurrentOptions & NameOption) {
    const given = options('MinGRU', opts, { ...RECURRENT_OPTIONS, ...NAME });
    super(inputSize, hiddenSize, given, mingru);
  }
}
