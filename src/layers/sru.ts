import { integer, options } from '../check.ts';
import type { LayerScope, Pass } from '../engine/layer.ts';
import { constant, uniform } from '../init/initializers.ts';
import type { NDArray } from '../ndarray.ts';
import type { LayerShape, Place, Source } from './recurrent/direction.ts';
import { RECURRENT_OPTIONS, type RecurrentOptions } from './recurrent/options.ts';
import { Recurrent } from './recurrent/recurrent.ts';
import { SRU_CELL, scanKinds, scanPass } from './recurrent/scanPass.ts';

/** What `forward` of an SRU alone gives: copies. */
export interface SRUForwardResult {
  /** The last stacked layer at every step, [T, B, outputSize]; zeros at steps that do not count. */
  readonly output: NDArray;
  /** After each row's own last step (of the reverse direction its first), [numLayers · directions, B, hiddenSize]. */
  readonly cN: NDArray;
}

/** What `backward` of an SRU alone gives: gradients, as copies. */
export interface SRUBackwardResult {
  /** By x, shaped as x. */
  readonly input: NDArray;
  /** By the initial states, shaped as c0. */
  readonly c0: NDArray;
}

/**
 * Simple recurrent unit (Lei et al. 2018, arXiv 1709.02755): f = σ(x·W_fᵀ + v_f ⊙ c0 + b_f),
 * r = σ(x·W_rᵀ + v_r ⊙ c0 + b_r), c = f ⊙ c0 + (1 − f) ⊙ x·W_uᵀ, h = r ⊙ c + (1 − r) ⊙ s, where s is x if
 * that has hiddenSize features, else x·W_sᵀ. State c [numLayers · directions, B, hiddenSize]; h is the output and no
 * state.
 *
 * Parameters of layer k: `weight_ih_lk` [3·hiddenSize, its input], rows u f r, or [4·hiddenSize, .], u f r s; `weight_c_lk`
 * [2·hiddenSize], v_f v_r; `bias_ih_lk` [2·hiddenSize], b_f b_r. They start uniform in ±√(3/input) as in the paper,
 * uniform in ±1/√hiddenSize, and at 0.
 */
export class SRU extends Recurrent<SRUForwardResult, SRUBackwardResult> {
  readonly type = 'SRU';
  protected override readonly looksUp = false;

  /** @throws {ArgumentError} sizes below 1, unknown options, options that contradict each other */
  constructor(inputSize: number, hiddenSize: number, opts?: RecurrentOptions) {
    const given = options('SRU', opts, RECURRENT_OPTIONS);
    const I = integer('inputSize', inputSize, 1);
    const H = integer('hiddenSize', hiddenSize, 1);
    const start = (width: number) => ({ input: uniform(Math.sqrt(3 / width)), bias: constant(0) });
    super(I, H, given, H, scanKinds(SRU_CELL, H, given.bias ?? true, start));
  }

  protected override direction(scope: LayerScope, shape: LayerShape, from: Source, place: Place): Pass {
    return scanPass(scope, shape, from, place, SRU_CELL, this.common.clipStepNorm);
  }
}
