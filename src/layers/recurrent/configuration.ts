import { type Activation, type ActivationKind, activationOf } from '../../activations.ts';
import { boolean, type Filled, integer, type Names, number, options } from '../../check.ts';
import { ArgumentError } from '../../errors.ts';
import { constant, type Initializer, uniform } from '../../init/initializers.ts';
import type { ParameterKind, ParameterKinds, StateSpec } from './cell.ts';
import { changed, RECURRENT_OPTIONS, type RecurrentOptions } from './options.ts';

/** Probabilities with which a state keeps its old value. */
export interface Zoneout {
  /** Of the hidden state. Default 0. */
  readonly h?: number | undefined;
  /** Of the cell state, of an LSTM. Default 0. */
  readonly c?: number | undefined;
}

/** Weights of what is added to the loss, by its gradient alone: the trainer's loss is without. */
export interface Penalty {
  /** Of Σ W_hh². */
  readonly l2?: number | undefined;
  /** Of ‖WᵀW − I‖² of every gate's W_hh. */
  readonly orthogonality?: number | undefined;
  /** Of Pascanu's Ω (RNN alone): Σ over steps and rows of (‖g·∂h/∂h0‖ / ‖g‖ − 1)², g = dL/dh. */
  readonly omega?: number | undefined;
}

/** Options of the layers with a recurrent product: RNN, LSTM, GRU. */
export interface ConfigurableOptions extends RecurrentOptions {
  /**
   * While training, zeros features of h on its way to the gates, the same at all steps of a call and for all gates
   * (Keras's `recurrent_dropout` with TensorFlow.js's single mask; Gal & Ghahramani 2016). Default 0.
   */
  readonly recurrentDropout?: number | undefined;
  /** While training, a state keeps its old value with this probability; else it moves that much less (Krueger 2017). */
  readonly zoneout?: number | Zoneout | undefined;
  /** Pre-activations are clamped to ± this, with no gradient beyond (ONNX). Default: none. */
  readonly clip?: number | undefined;
  /** Layer normalization of x·W_ihᵀ and of h·W_hhᵀ, and of an LSTM's c on its way out (Ba 2016). Default false. */
  readonly layerNorm?: boolean | undefined;
  /** W_hh is block-diagonal in so many blocks, each hiddenSize / heads wide: `weight_hh` [gates·H, H/heads]. Default 1. */
  readonly heads?: number | undefined;
  /** Penalties on W_hh. Default: none. */
  readonly penalty?: Penalty | undefined;
}

export const CONFIGURABLE_OPTIONS: Names<ConfigurableOptions> = {
  ...RECURRENT_OPTIONS,
  recurrentDropout: true,
  zoneout: true,
  clip: true,
  layerNorm: true,
  heads: true,
  penalty: true,
};

/** A cell that assembly/configurable has. */
export interface ConfigurableKind {
  /** Its constant of assembly/configurable/kinds.ts. */
  readonly kind: number;
  readonly states: Readonly<Record<string, StateSpec>>;
  /** In the order of W_ih's rows. */
  readonly gates: readonly string[];
  /** How many of them each product with W_hh is of. */
  readonly products: readonly number[];
  /** Vectors of hiddenSize a row of the kept gates has. */
  readonly slots: number;
  /** Why there is no layer normalization. */
  readonly noLayerNorm?: string | undefined;
  /** Whether Ω is defined. Default false. */
  readonly hasOmega?: boolean | undefined;
}

/** What the kernels of assembly/configurable take. */
export interface Configuration {
  readonly cell: ConfigurableKind;
  /** Of gates 0 to 3, and of an LSTM's c on its way out. */
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

/** What a cell adds to the options that all have. */
export type CellConfiguration = Pick<Configuration, 'cell' | 'activations'> &
  Partial<Pick<Configuration, 'projSize' | 'peephole' | 'coupled'>>;

/** @throws {ArgumentError} a value out of range, options that contradict each other or that the cell lacks */
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
    throw new ArgumentError('zoneout.c', 'none, since the layer has no state c: zoneout.h', c);
  if (heads > 1 && features.projSize > 0)
    throw new ArgumentError('heads', '1 with projSize, since a head sees its own units of h', heads);
  if (heads > 1 && penalty.orthogonality > 0)
    throw new ArgumentError(
      'penalty.orthogonality',
      'none with heads: W_hh is not square',
      penalty.orthogonality,
    );
  if (features.projSize > 0 && penalty.orthogonality > 0)
    throw new ArgumentError(
      'penalty.orthogonality',
      'none with projSize: W_hh is not square',
      penalty.orthogonality,
    );
  const { noLayerNorm, hasOmega = false } = features.cell;
  if (noLayerNorm !== undefined && features.layerNorm)
    throw new ArgumentError('layerNorm', noLayerNorm, true);
  if (penalty.omega > 0) {
    const { omega } = penalty;
    if (!hasOmega) throw new ArgumentError('penalty.omega', 'none, since it is defined for an RNN', omega);
    for (const name of ['recurrentDropout', 'zoneH'] as const) {
      if (features[name] > 0)
        throw new ArgumentError('penalty.omega', `none with ${name === 'zoneH' ? 'zoneout' : name}`, omega);
    }
    if (features.layerNorm) throw new ArgumentError('penalty.omega', 'none with layerNorm', omega);
  }
  return features;
}

/** Whether the plain kernels do: nothing but torch.nn's cell. */
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

/** Those of the options that are not at their default, for saved models. */
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
