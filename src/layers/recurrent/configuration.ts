import { type Activation, type ActivationKind, activationOf } from '../../activations.ts';
import { boolean, type Filled, integer, type Names, number, options } from '../../check.ts';
import { ArgumentError } from '../../errors.ts';
import { constant, type Initializer, uniform } from '../../init/initializers.ts';
import { NAME, type NameOption } from '../layerName.ts';
import type { ParameterKind, ParameterKinds, StateSpec } from './cell.ts';
import { changed, RECURRENT_OPTIONS, type RecurrentOptions } from './options.ts';

/** Zoneout: probabilities that a state keeps its old value. */
export interface Zoneout {
  /** For the hidden state. Default 0. */
  readonly h?: number | undefined;
  /** For the cell state of an LSTM. Default 0. */
  readonly c?: number | undefined;
}

/** Weights of penalties. Only their gradients are added; the trainer reports their value separately from the loss. */
export interface Penalty {
  /** Weight of Σ W_hh². */
  readonly l2?: number | undefined;
  /** Weight of ‖WᵀW − I‖² for each gate's W_hh. */
  readonly orthogonality?: number | undefined;
  /** Weight of Pascanu's Ω (RNN only): Σ over steps and rows of (‖g·∂h/∂h0‖ / ‖g‖ − 1)², g = dL/dh. */
  readonly omega?: number | undefined;
}

/** Options of the layers with a recurrent product: RNN, LSTM, GRU. */
export interface ConfigurableOptions extends Omit<RecurrentOptions, 'bias'>, NameOption {
  /**
   * Whether to use biases. `'single'`: one bias per gate, `bias_ih`, as Keras and TensorFlow.js, so that optimizers move
   * it as far as theirs; of two that are summed, each moves as far as the one. Not for a GRU with resetAfter, which has
   * two in Keras as well. Default true.
   */
  readonly bias?: boolean | 'single' | undefined;
  /**
   * Dropout of h before the recurrent product while training, with the same mask at all steps of a call and for all
   * gates (Keras's `recurrent_dropout` with TensorFlow.js's single mask; Gal & Ghahramani 2016). Default 0.
   */
  readonly recurrentDropout?: number | undefined;
  /**
   * While training, a state keeps its old value with this probability; in inference the expected value is used
   * (Krueger 2017).
   */
  readonly zoneout?: number | Zoneout | undefined;
  /** Clamps pre-activations to ±clip; the gradient is 0 outside (ONNX). Default: none. */
  readonly clip?: number | undefined;
  /**
   * Layer normalization of x·W_ihᵀ, of h·W_hhᵀ, and of an LSTM's c before the output activation (Ba 2016). Default
   * false.
   */
  readonly layerNorm?: boolean | undefined;
  /** Number of diagonal blocks of W_hh, each hiddenSize / heads wide: `weight_hh` [gates·H, H/heads]. Default 1. */
  readonly heads?: number | undefined;
  /** Penalties on W_hh. Default: none. */
  readonly penalty?: Penalty | undefined;
}

export const CONFIGURABLE_OPTIONS: Names<ConfigurableOptions> = {
  ...RECURRENT_OPTIONS,
  ...NAME,
  recurrentDropout: true,
  zoneout: true,
  clip: true,
  layerNorm: true,
  heads: true,
  penalty: true,
};

/** A cell of assembly/configurable. */
export interface ConfigurableKind {
  /** Its constant of assembly/configurable/kinds.ts. */
  readonly kind: number;
  readonly states: Readonly<Record<string, StateSpec>>;
  /** Gates in the order of W_ih's rows. */
  readonly gates: readonly string[];
  /** Gates per product with W_hh. */
  readonly products: readonly number[];
  /** Vectors of hiddenSize per row of the kept gates. */
  readonly slots: number;
  /** Reason if layer normalization is not supported. */
  readonly noLayerNorm?: string | undefined;
  /** Whether Ω is supported. Default false. */
  readonly hasOmega?: boolean | undefined;
}

/** Options of the kernels of assembly/configurable. */
export interface Configuration {
  readonly cell: ConfigurableKind;
  /** Activations of gates 0 to 3, and of an LSTM's c in the output. */
  readonly activations: readonly ActivationKind[];
  readonly projSize: number;
  readonly peephole: boolean;
  readonly coupled: boolean;
  readonly clip: number;
  readonly layerNorm: boolean;
  readonly heads: number;
  readonly zoneH: number;
  readonly zoneC: number;
  readonly recurrentDropout: number;
  readonly penalty: Filled<Penalty>;
}

/** Options that a cell adds to the common ones. */
export type CellConfiguration = Pick<Configuration, 'cell' | 'activations'> &
  Partial<Pick<Configuration, 'projSize' | 'peephole' | 'coupled'>>;

/** @throws {ArgumentError} if a value is out of range, options conflict, or the cell does not support one */
export function configurationOf(
  hiddenSize: number,
  given: ConfigurableOptions,
  cell: CellConfiguration,
): Configuration {
  const zone = given.zoneout ?? 0;
  const { h = 0, c = 0 } =
    typeof zone === 'number' ? { h: zone } : options('zoneout', zone, { h: true, c: true });
  const features: Configuration = {
    projSize: 0,
    peephole: false,
    coupled: false,
    ...cell,
    clip: given.clip === undefined ? Number.POSITIVE_INFINITY : number('clip', given.clip, 0),
    layerNorm: boolean('layerNorm', given.layerNorm ?? false),
    heads: integer('heads', given.heads ?? 1, 1),
    zoneH: number(typeof zone === 'number' ? 'zoneout' : 'zoneout.h', h, 0, 1, true),
    zoneC: number('zoneout.c', c, 0, 1, true),
    recurrentDropout: number('recurrentDropout', given.recurrentDropout ?? 0, 0, 1, true),
    penalty: penaltyOf(given.penalty),
  };
  const { heads, penalty } = features;
  if (features.clip === 0) throw new ArgumentError('clip', 'a number above 0', 0);
  if (hiddenSize % heads) {
    throw new ArgumentError('heads', `a divisor of hiddenSize ${hiddenSize}`, heads);
  }
  if (c > 0 && !features.cell.states.c)
    throw new ArgumentError('zoneout.c', 'undefined, since the layer has no state c (use zoneout.h)', c);
  if (heads > 1 && features.projSize > 0)
    throw new ArgumentError('heads', '1 with projSize, since each head reads only its own units of h', heads);
  if (penalty.orthogonality > 0 && (heads > 1 || features.projSize > 0))
    throw new ArgumentError(
      'penalty.orthogonality',
      `undefined with ${heads > 1 ? 'heads' : 'projSize'}, since W_hh is not square`,
      penalty.orthogonality,
    );
  const { noLayerNorm, hasOmega = false } = features.cell;
  if (noLayerNorm !== undefined && features.layerNorm)
    throw new ArgumentError('layerNorm', noLayerNorm, true);
  if (penalty.omega > 0) {
    const { omega } = penalty;
    if (!hasOmega)
      throw new ArgumentError('penalty.omega', 'undefined, since omega is only defined for an RNN', omega);
    const { recurrentDropout, zoneH: zoneout, layerNorm } = features;
    for (const [name, isUsed] of Object.entries({ recurrentDropout, zoneout, layerNorm })) {
      if (isUsed) throw new ArgumentError('penalty.omega', `undefined with ${name}`, omega);
    }
  }
  return features;
}

/** Whether the plain kernels of torch.nn's cells are sufficient. */
export function isPlain(features: Configuration, standard: readonly Activation[]): boolean {
  const { projSize, peephole, coupled, clip, layerNorm, heads, zoneH, zoneC, recurrentDropout } = features;
  const { omega } = features.penalty;
  const off = projSize + heads - 1 + zoneH + zoneC + recurrentDropout + omega === 0;
  const kinds = standard.map((name) => activationOf('activation', name).kind);
  const same = features.activations.every(({ kind }, i) => kind === kinds[i]);
  return off && same && !peephole && !coupled && !layerNorm && clip === Number.POSITIVE_INFINITY;
}

/** Parameters of one direction of a stacked layer, in torch.nn's order. */
export function parametersOf(features: Configuration, inputSize: number, hiddenSize: number): ParameterKinds {
  const { projSize, peephole, layerNorm, heads, cell } = features;
  const G = cell.gates.length * hiddenSize;
  const W = projSize || hiddenSize;
  const init: Initializer = uniform(1 / Math.sqrt(hiddenSize));
  const kind = (...shape: number[]): ParameterKind => ({ shape, init });
  const norm = (part: string, n: number): ParameterKinds => ({
    [`ln_${part}_weight`]: { shape: [n], init: constant(1) },
    [`ln_${part}_bias`]: { shape: [n], init: constant(0) },
  });
  const peep = kind(hiddenSize);
  return {
    weight_ih: kind(G, inputSize),
    weight_hh: kind(G, W / heads),
    bias_ih: { ...kind(G), isBias: true },
    bias_hh: { ...kind(G), isBias: true },
    ...(projSize ? { weight_hr: kind(projSize, hiddenSize) } : {}),
    ...(peephole ? { weight_ci: peep, weight_cf: peep, weight_co: peep } : {}),
    ...(layerNorm
      ? { ...norm('ih', G), ...norm('hh', G), ...(cell.states.c ? norm('c', hiddenSize) : {}) }
      : {}),
  };
}

/** The options that differ from their defaults, for saved models. */
export function configurableConfig({ penalty, ...features }: Configuration): Record<string, unknown> {
  const { zoneH, zoneC, clip, layerNorm, heads, recurrentDropout } = features;
  const weights = changed(penalty, { l2: 0, orthogonality: 0, omega: 0 });
  return {
    ...changed(
      { clip, layerNorm, heads, recurrentDropout },
      { clip: Number.POSITIVE_INFINITY, layerNorm: false, heads: 1, recurrentDropout: 0 },
    ),
    ...(zoneH + zoneC > 0 ? { zoneout: zoneC > 0 ? { h: zoneH, c: zoneC } : zoneH } : {}),
    ...(Object.keys(weights).length ? { penalty: weights } : {}),
  };
}

function penaltyOf(given: Penalty | undefined): Filled<Penalty> {
  const {
    l2 = 0,
    orthogonality = 0,
    omega = 0,
  } = options('penalty', given, { l2: true, orthogonality: true, omega: true });
  return {
    l2: number('penalty.l2', l2, 0),
    orthogonality: number('penalty.orthogonality', orthogonality, 0),
    omega: number('penalty.omega', omega, 0),
  };
}
