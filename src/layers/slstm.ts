import { integer, type Names, oneOf, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { slstm } from './cells/slstm.ts';
import { NAME, type NameOption } from './layerName.ts';
import { GraphRecurrent } from './recurrent/graphRecurrent.ts';
import { changed, RECURRENT_OPTIONS, type RecurrentOptions } from './recurrent/options.ts';

/** Options of `SLSTM`, in addition to those of all recurrent layers. */
export interface SLSTMOptions extends RecurrentOptions, NameOption {
  /** Number of diagonal blocks of W_hh, each hiddenSize / heads wide. Default 1. */
  readonly heads?: number | undefined;
  /** Forget gate: f = σ(a_f) or f = exp(a_f). Default `sigmoid`. */
  readonly forgetGate?: 'sigmoid' | 'exponential' | undefined;
}

const OPTIONS: Names<SLSTMOptions> = { ...RECURRENT_OPTIONS, ...NAME, heads: true, forgetGate: true };

/**
 * xLSTM's scalar cell (Beck et al. 2024, arXiv 2405.04517): an exponential input gate, a normalizer state n and a
 * stabilizer state m, which keeps every exponential at most 1. With a = x·W_ihᵀ + b_ih + h0·W_hhᵀ for the gates i f z
 * o and ln f = ln σ(a_f) or a_f:
 *
 * m = max(ln f + m0, a_i), or a_i if n0 is 0, as before the first step; i′ = exp(a_i − m); f′ = min(exp(ln f + m0 −
 * m), 1); c = f′ ⊙ c0 + i′ ⊙ tanh(a_z); n = f′ ⊙ n0 + i′; h = σ(a_o) ⊙ c / n.
 *
 * This is what the CUDA kernels of NX-AI/xlstm compute, element by element (`slstm_pointwise.cu`; its PyTorch code
 * takes m = a_i only where n0 is 0 in the whole batch). m has no gradient: h does not depend on it; a gradient of c or n is that for a fixed m. States h, c, n
 * and m [numLayers · directions, B, hiddenSize], zeros by default; `backward` has no gradient for m.
 *
 * Parameters of layer k: `weight_ih_lk` [4·hiddenSize, inputSize], `weight_hh_lk` [4·hiddenSize, hiddenSize / heads],
 * `bias_ih_lk` [4·hiddenSize], rows i f z o; initially uniform in ±1/√hiddenSize (`standard` in NX-AI/xlstm).
 */
export class SLSTM extends GraphRecurrent<'h' | 'c' | 'n', 'm'> {
  readonly type = 'SLSTM';
  /** Number of blocks of W_hh. */
  readonly heads: number;
  /** Function of the forget gate. */
  readonly forgetGate: 'sigmoid' | 'exponential';

  /** @throws {ArgumentError} if a size is below 1, an option is unknown, or heads does not divide hiddenSize */
  constructor(inputSize: number, hiddenSize: number, opts?: SLSTMOptions) {
    const given = options('SLSTM', opts, OPTIONS);
    const H = integer('hiddenSize', hiddenSize, 1);
    const heads = integer('heads', given.heads ?? 1, 1);
    if (H % heads) throw new ArgumentError('heads', `a divisor of hiddenSize ${H}`, heads);
    const { forgetGate = 'sigmoid' } = given;
    oneOf('forgetGate', forgetGate, ['sigmoid', 'exponential']);
    const own = changed({ heads, forgetGate }, { heads: 1, forgetGate: 'sigmoid' });
    super(inputSize, H, given, slstm(heads, forgetGate === 'exponential'), own);
    this.heads = heads;
    this.forgetGate = forgetGate;
  }
}
