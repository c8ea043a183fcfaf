import { options } from '../check.ts';
import { sru } from './cells/sru.ts';
import { NAME, type NameOption } from './layerName.ts';
import { GraphRecurrent } from './recurrent/graphRecurrent.ts';
import { RECURRENT_OPTIONS, type RecurrentOptions } from './recurrent/options.ts';
import type { BackwardResult, ForwardResult } from './standaloneTypes.ts';

/** Result of `forward` of a standalone SRU, as copies. */
export type SRUForwardResult = ForwardResult<'c'>;

/** Result of `backward` of a standalone SRU: gradients, as copies. */
export type SRUBackwardResult = BackwardResult<'c'>;

/**
 * Simple recurrent unit (Lei et al. 2018, arXiv 1709.02755): f = σ(x·W_fᵀ + v_f ⊙ c0 + b_f), r = σ(x·W_rᵀ + v_r ⊙ c0
 * + b_r), c = f ⊙ c0 + (1 − f) ⊙ x·W_uᵀ, h = r ⊙ c + (1 − r) ⊙ s, where s is x if it has hiddenSize features,
 * otherwise x·W_sᵀ. State c [numLayers · directions, B, hiddenSize]; h is the output, not a state.
 *
 * Parameters of layer k: `weight_ih_lk` [3·hiddenSize, its input], rows u f r, or [4·hiddenSize, .], u f r s;
 * `weight_c_lk` [2·hiddenSize], v_f v_r; `bias_ih_lk` [2·hiddenSize], b_f b_r. Initial values: uniform in ±√(3/input)
 * as in the paper, uniform in ±1/√hiddenSize, and 0.
 */
export class SRU extends GraphRecurrent<'c'> {
  readonly type = 'SRU';

  /** @throws {ArgumentError} if a size is below 1, an option is unknown, or options conflict */
  constructor(inputSize: number, hiddenSize: number, opts?: RecurrentOptions & NameOption) {
    const given = options('SRU', opts, { ...RECURRENT_OPTIONS, ...NAME });
    super(inputSize, hiddenSize, given, sru);
  }
}
