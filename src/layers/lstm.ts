import { type Activation, activationOf } from '../activations.ts';
import { boolean, integer, type Names, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { LSTM_KIND } from './cells/configurable.ts';
import { lstm } from './cells/lstm.ts';
import { configurable } from './recurrent/configurable.ts';
import {
  CONFIGURABLE_OPTIONS,
  type ConfigurableOptions,
  configurationOf,
} from './recurrent/configuration.ts';
import { withForgetBias } from './recurrent/forgetBias.ts';
import { GraphRecurrent } from './recurrent/graphRecurrent.ts';
import { changed } from './recurrent/options.ts';
import { biasesOf } from './recurrent/singleBias.ts';

type Gate = 'i' | 'f' | 'g' | 'o' | 'h';

/** Options of `LSTM`, in addition to those of all recurrent layers. */
export interface LSTMOptions extends ConfigurableOptions {
  /** Initial bias of the forget gate (Gers et al. 2000; Keras uses 1), stored in `bias_ih`; its `bias_hh` is then 0. */
  readonly forgetBias?: number | undefined;
  /** Size of h if smaller than that of c: h = (o ⊙ tanh c)·W_hrᵀ (Sak et al. 2014). Default 0: no projection. */
  readonly projSize?: number | undefined;
  /**
   * Peephole connections from c0 to i and f, and from c to o: `weight_ci`, `weight_cf`, `weight_co` [hiddenSize]
   * (Gers 2000). Default false.
   */
  readonly peephole?: boolean | undefined;
  /**
   * Coupled gates: f = 1 − i (Greff et al. 2017; ONNX's input_forget). Default false.
   */
  readonly coupled?: boolean | undefined;
  /** Activation of the candidate g and of c in h = o ⊙ φ(c). Default `tanh`. */
  readonly activation?: Activation | undefined;
  /** Activation of the gates i, f and o. Default `sigmoid`. */
  readonly recurrentActivation?: Activation | undefined;
  /** Activations per gate; they override the two above. `h` is that of c in h = o ⊙ φ(c). */
  readonly activations?: Partial<Record<'i' | 'f' | 'g' | 'o' | 'h', Activation | undefined>> | undefined;
}

const GATES: readonly Gate[] = ['i', 'f', 'g', 'o', 'h'];
const OPTIONS: Names<LSTMOptions> = {
  ...CONFIGURABLE_OPTIONS,
  forgetBias: true,
  projSize: true,
  peephole: true,
  coupled: true,
  activation: true,
  recurrentActivation: true,
  activations: true,
};

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997), as torch.nn.LSTM: gates i f g o,
 * c = f ⊙ c0 + i ⊙ g, h = o ⊙ tanh c. States h [numLayers · directions, B, projSize or hiddenSize] and
 * c [., B, hiddenSize].
 */
export class LSTM extends GraphRecurrent<'h', never, 'h' | 'c'> {
  readonly type = 'LSTM';
  /** Size of h if smaller than that of c, otherwise 0. */
  readonly projSize: number;

  /** @throws {ArgumentError} if a size is below 1, an option is unknown, or options conflict */
  constructor(inputSize: number, hiddenSize: number, opts?: LSTMOptions) {
    const given = options('LSTM', opts, OPTIONS);
    const H = integer('hiddenSize', hiddenSize, 1);
    const { activation = 'tanh', recurrentActivation = 'sigmoid' } = given;
    const each = options('activations', given.activations, { i: true, f: true, g: true, o: true, h: true });
    const projSize = integer('projSize', given.projSize ?? 0, 0);
    if (projSize >= H) throw new ArgumentError('projSize', `a number below hiddenSize ${H}`, projSize);
    const peephole = boolean('peephole', given.peephole ?? false);
    const coupled = boolean('coupled', given.coupled ?? false);
    if (coupled && each.f !== undefined)
      throw new ArgumentError('activations.f', 'undefined with coupled: true, since f = 1 − i', each.f);
    if (coupled && given.forgetBias !== undefined)
      throw new ArgumentError(
        'forgetBias',
        'undefined with coupled: true, since f = 1 − i',
        given.forgetBias,
      );
    const features = configurationOf(H, given, {
      cell: LSTM_KIND,
      projSize,
      peephole,
      coupled,
      activations: GATES.map((gate) => {
        if (each[gate] !== undefined) return activationOf(`activations.${gate}`, each[gate]);
        return gate === 'g' || gate === 'h'
          ? activationOf('activation', activation)
          : activationOf('recurrentActivation', recurrentActivation);
      }),
    });
    const plain = { cell: lstm, activations: ['sigmoid', 'sigmoid', 'tanh', 'sigmoid', 'tanh'] } as const;
    const { cell, config } = configurable(features, [plain]);
    const biases = biasesOf(given, cell, withForgetBias(given, H));
    super(inputSize, H, biases.opts, biases.cell, {
      ...config,
      ...biases.own,
      ...changed(
        { projSize, peephole, coupled, activation, recurrentActivation },
        { projSize: 0, peephole: false, coupled: false, activation: 'tanh', recurrentActivation: 'sigmoid' },
      ),
      ...(Object.keys(each).length ? { activations: each } : {}),
    });
    this.projSize = projSize;
  }
}
