import { gru } from '../cells/gru.ts';
import type { RecurrentOptions } from '../recurrent/options.ts';
import { Recurrent } from '../recurrent/recurrent.ts';
import { OTHERS_OF_GRU, plainOptions } from './plainRecurrent.ts';

/** What `GRU` takes beside its sizes. */
export type GRUOptions = RecurrentOptions;

/**
 * Gated recurrent unit (Cho et al. 2014), as torch.nn.GRU: gates r z n; h = (1 − z) ⊙ n + z ⊙ h0, the reset gate on
 * h·W_hnᵀ + b_hn. State h [numLayers · directions, B, hiddenSize].
 */
export class GRU extends Recurrent {
  readonly type = 'GRU';

  /**
   * @throws {ArgumentError} sizes below 1, unknown options, options that contradict each other
   * @throws {FeatureError} an option that `unrolled` alone has
   */
  constructor(inputSize: number, hiddenSize: number, opts?: GRUOptions) {
    const given = plainOptions('GRU', opts, {}, OTHERS_OF_GRU);
    super(inputSize, hiddenSize, given, gru);
  }
}
