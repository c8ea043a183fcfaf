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
import { changed } from './recurrent/options.ts';
import { Recurrent } from './recurrent/recurrent.ts';

type Gate = 'i' | 'f' | 'g' | 'o' | 'h';

/** Options of an LSTM: those of all recurrent layers, and its own. */
export interface LSTMOptions extends ConfigurableOptions {
  /** The forget gate's bias to start from (Gers et al. 2000; Keras has 1): its `bias_ih` part; `bias_hh` then is 0. */
  readonly forgetBias?: number | undefined;
  /** Features of h when they are to be fewer than of c: h = (o ⊙ tanh c)·W_hrᵀ (Sak et al. 2014). Default 0: as many. */
  readonly projSize?: number | undefined;
  /** i and f see c0, o sees c, by `weight_ci`, `weight_cf`, `weight_co` [hiddenSize] (Gers 2000). Default false. */
  readonly peephole?: boolean | undefined;
  /** f = 1 − i (Greff et al. 2017; ONNX's input_forget). Default false. */
  readonly coupled?: boolean | undefined;
  /** Of the candidate g and of c on its way out. Default `tanh`. */
  readonly activation?: Activation | undefined;
  /** Of i, f and o. Default `sigmoid`. */
  readonly recurrentActivation?: Activation | undefined;
  /** Gate by gate, before the two above; `h` is that of c on its way out. */
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
export class LSTM extends Recurrent {
  readonly type = 'LSTM';
  /** Features of h where they are fewer than of c, else 0. */
  readonly projSize: number;

  /** @throws {ArgumentError} sizes below 1, unknown options, options that contradict each other */
  constructor(inputSize: number, hiddenSize: number, opts?: LSTMOptions) {
    const given = options('LSTM', opts, OPTIONS);
    const H = integer('hiddenSize', hiddenSize, 1);
    const { activation = 'tanh', recurrentActivation = 'sigmoid' } = given;
    const each = options('activations', given.activations, { i: true, f: true, g: true, o: true, h: true });
    const projSize = integer('projSize', given.projSize ?? 0, 0);
    if (projSize >= H) throw new ArgumentError('projSize', `below hiddenSize ${H}`, projSize);
    const peephole = boolean('peephole', given.peephole ?? false);
    const coupled = boolean('coupled', given.coupled ?? false);
    if (coupled && each.f !== undefined)
      throw new ArgumentError('activations.f', 'none with coupled: true, since f = 1 − i', each.f);
    if (coupled && given.forgetBias !== undefined)
      throw new ArgumentError('forgetBias', 'none with coupled: true, since f = 1 − i', given.forgetBias);
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
    super(integer('inputSize', inputSize, 1), H, withForgetBias(given, H), cell, {
      ...config,
      ...changed(
        { projSize, peephole, coupled, activation, recurrentActivation },
        { projSize: 0, peephole: false, coupled: false, activation: 'tanh', recurrentActivation: 'sigmoid' },
      ),
      ...(Object.keys(each).length ? { activations: each } : {}),
    });
    this.projSize = projSize;
  }
}
