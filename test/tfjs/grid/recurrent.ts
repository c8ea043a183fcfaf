import * as tf from '@tensorflow/tfjs';
import type { Draw } from './draw.ts';

// biome-ignore lint/suspicious/noExplicitAny: TF.js is used without types
export type Any = any;

const ACTIVATIONS = [
  ...['tanh', 'tanh', 'tanh', 'relu', 'sigmoid', 'hardSigmoid', 'elu', 'softsign', 'softplus', 'linear'],
  ...['selu', 'relu6', 'swish', 'mish'],
];
const GATES = ['hardSigmoid', 'hardSigmoid', 'sigmoid', 'sigmoid', 'tanh', 'softsign', 'linear', 'relu'];

/** Kinds of recurrent layers. */
export const KINDS = ['lstm', 'gru', 'simpleRNN', 'rnn'] as const;
export type Kind = (typeof KINDS)[number];

/** What the place of a layer in its model decides. */
export interface Place {
  /** Drawn where it is not given. */
  readonly units?: number;
  readonly returnSequences: boolean;
  readonly returnState?: boolean;
  readonly stateful?: boolean;
}

/** A recurrent layer with options drawn at random. */
export function recurrent(draw: Draw, kind: Kind, place: Place): Any {
  const { units, ...where } = place;
  const options = {
    ...where,
    goBackwards: draw.chance(0.25),
    unroll: draw.chance(0.1),
  };
  if (kind !== 'rnn') return tf.layers[kind]({ ...cellOptions(draw, kind, units), ...options });
  const cells = Array.from({ length: draw.integer(1, 3) }, () => {
    const cell = draw.pick(['lstm', 'gru', 'simpleRNN'] as const);
    return tf.layers[`${cell}Cell`](cellOptions(draw, cell));
  });
  return tf.layers.rnn({ cell: cells.length > 1 || draw.chance(0.5) ? cells : cells[0], ...options });
}

function cellOptions(draw: Draw, kind: 'lstm' | 'gru' | 'simpleRNN', units = draw.integer(2, 9)) {
  const initializer = (seed: number) => tf.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed });
  return {
    units,
    activation: draw.chance(0.6) ? draw.pick(ACTIVATIONS) : undefined,
    ...(kind === 'simpleRNN' ? {} : { recurrentActivation: draw.chance(0.6) ? draw.pick(GATES) : undefined }),
    ...(kind === 'lstm' ? { unitForgetBias: draw.chance(0.5) } : {}),
    useBias: draw.chance(0.85),
    kernelInitializer: initializer(draw.integer(1, 1e6)),
    recurrentInitializer: initializer(draw.integer(1, 1e6)),
    biasInitializer: draw.chance(0.5) ? initializer(draw.integer(1, 1e6)) : 'zeros',
    ...maybe(draw, 'kernelRegularizer', () => tf.regularizers.l2({ l2: 0.01 })),
    ...maybe(draw, 'recurrentRegularizer', () => tf.regularizers.l1l2({ l1: 0.001, l2: 0.01 })),
    ...maybe(draw, 'biasRegularizer', () => tf.regularizers.l1({ l1: 0.001 })),
    ...maybe(draw, 'kernelConstraint', () => tf.constraints.maxNorm({ maxValue: 0.8 })),
    ...maybe(draw, 'recurrentConstraint', () => tf.constraints.unitNorm({ axis: 0 })),
    ...maybe(draw, 'biasConstraint', () => tf.constraints.nonNeg()),
  };
}

function maybe(draw: Draw, name: string, make: () => unknown): object {
  return draw.chance(0.12) ? { [name]: make() } : {};
}
