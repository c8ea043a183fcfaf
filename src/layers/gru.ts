import { type Activation, activationOf } from '../activations.ts';
import { boolean, integer, type Names, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { GRU_KIND, RESET_BEFORE_KIND } from './cells/configurable.ts';
import { gru } from './cells/gru.ts';
import { configurable } from './recurrent/configurable.ts';
import {
  CONFIGURABLE_OPTIONS,
  type ConfigurableOptions,
  configurationOf,
  type Zoneout,
} from './recurrent/configuration.ts';
import { GraphRecurrent } from './recurrent/graphRecurrent.ts';
import { changed } from './recurrent/options.ts';
import { biasesOf } from './recurrent/singleBias.ts';

/** Options of `GRU`, in addition to those of all recurrent layers. */
export interface GRUOptions extends ConfigurableOptions {
  /** Probability that h keeps its old value in a step, while training. Default 0. */
  readonly zoneout?: number | Omit<Zoneout, 'c'> | undefined;
  /**
   * Whether the reset gate is applied to h·W_hnᵀ + b_hn (true, the default: torch.nn, cuDNN, Keras 3) or to h before
   * the product (false: Cho et al. 2014, Keras 2, TensorFlow.js, ONNX's default).
   */
  readonly resetAfter?: boolean | undefined;
  /** Activation of the candidate n. Default `tanh`. */
  readonly activation?: Activation | undefined;
  /** Activation of the gates r and z. Default `sigmoid`. */
  readonly recurrentActivation?: Activation | undefined;
  /** Activations per gate; they override the two above. */
  readonly activations?: Partial<Record<'r' | 'z' | 'n', Activation | undefined>> | undefined;
}

const OPTIONS: Names<GRUOptions> = {
  ...CONFIGURABLE_OPTIONS,
  resetAfter: true,
  activation: true,
  recurrentActivation: true,
  activations: true,
};

/**
 * Gated recurrent unit (Cho et al. 2014), as torch.nn.GRU: gates r z n; h = (1 − z) ⊙ n + z ⊙ h0.
 * State h [numLayers · directions, B, hiddenSize].
 */
export class GRU extends GraphRecurrent {
  readonly type = 'GRU';

  /** @throws {ArgumentError} if a size is below 1, an option is unknown, or options conflict */
  constructor(inputSize: number, hiddenSize: number, opts?: GRUOptions) {
    const given = options('GRU', opts, OPTIONS);
    const H = integer('hiddenSize', hiddenSize, 1);
    const { activation = 'tanh', recurrentActivation = 'sigmoid' } = given;
    const each = options('activations', given.activations, { r: true, z: true, n: true });
    const resetAfter = boolean('resetAfter', given.resetAfter ?? true);
    const gates = { r: recurrentActivation, z: recurrentActivation, n: activation };
    const names = { r: 'recurrentActivation', z: 'recurrentActivation', n: 'activation' };
    const features = configurationOf(H, given, {
      cell: resetAfter ? GRU_KIND : RESET_BEFORE_KIND,
      activations: (['r', 'z', 'n'] as const).map((gate) =>
        each[gate] === undefined
          ? activationOf(names[gate], gates[gate])
          : activationOf(`activations.${gate}`, each[gate]),
      ),
    });
    const plain = { cell: gru, activations: ['sigmoid', 'sigmoid', 'tanh'] } as const;
    const { cell, config } = configurable(features, resetAfter ? [plain] : []);
    if (resetAfter && given.bias === 'single') {
      const expected = 'true or false with resetAfter, whose b_hn is apart in Keras as well';
      throw new ArgumentError('bias', expected, given.bias);
    }
    const biases = biasesOf(given, cell);
    super(inputSize, H, biases.opts, biases.cell, {
      ...config,
      ...biases.own,
      ...changed(
        { resetAfter, activation, recurrentActivation },
        { resetAfter: true, activation: 'tanh', recurrentActivation: 'sigmoid' },
      ),
      ...(Object.keys(each).length ? { activations: each } : {}),
    });
  }
}
