import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';

/** A number that an optimizer keeps as a tensor. */
interface Scalar {
  dataSync(): ArrayLike<number>;
}

/** The fields of an optimizer of TF.js that its update reads. Which ones it has depends on its class. */
export interface Settings {
  readonly learningRate: number;
  /** −learningRate of SGD and Momentum: what their updates read. */
  readonly c: Scalar;
  /** The momentum that Momentum was made with: what its updates read, whatever `setMomentum` says. */
  readonly m: Scalar;
  readonly momentum: number;
  readonly useNesterov: boolean;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly decay: number;
  readonly centered: boolean;
  readonly rho: number;
  readonly initialAccumulatorValue: number;
}

/** Numbers of an update that are the same for all variables. */
export interface Moment {
  /** β1^t and β2^t in float32, as TF.js multiplies them. */
  readonly power1: number;
  readonly power2: number;
  /** Updates before this one, where the optimizer counts them itself. */
  readonly iteration: number;
  /** `backend().epsilon()`. */
  readonly epsilon: number;
}

/**
 * A list of accumulators of an optimizer, one per variable: the field of the optimizer, and what ends a variable's name in saved
 * weights. Undefined where the kernel gets 0 for it.
 */
export type Slot = readonly [field: string, suffix: string] | undefined;

type OptimizerKernel = {
  [Name in keyof KernelCalls]: Name extends `${string}_step` ? Name : never;
}[keyof KernelCalls];

/** How a class of TF.js updates a variable. */
export interface Rule {
  /** The kernel of an update of n floats: n, parameters, gradients, the accumulators, a scale of the gradients, then `numbers`. */
  readonly kernel: OptimizerKernel;
  slots(settings: Settings): readonly Slot[];
  /** The value accumulators start from. Default 0. */
  initial?(settings: Settings): number;
  numbers(settings: Settings, moment: Moment): readonly number[];
}

/** TF.js's optimizers by the names of their classes, with its definitions (4.22, tfjs-core/src/optimizers). */
export const RULES = {
  SGDOptimizer: {
    kernel: 'sgd_step',
    slots: () => [undefined],
    numbers: ({ c }) => [-c.dataSync()[0]!, 0, 0, 0],
  },
  MomentumOptimizer: {
    kernel: 'sgd_step',
    slots: () => [['accumulations', 'momentum']],
    numbers: ({ c, m, useNesterov }) => [-c.dataSync()[0]!, m.dataSync()[0]!, 0, useNesterov ? 1 : 0],
  },
  AdamOptimizer: {
    kernel: 'adam_step',
    slots: () => [
      ['accumulatedFirstMoment', 'm'],
      ['accumulatedSecondMoment', 'v'],
    ],
    numbers({ learningRate, beta1, beta2, epsilon }, { power1, power2 }) {
      const rate = learningRate / Math.fround(1 - power1);
      const root = 1 / Math.sqrt(Math.fround(1 - power2));
      return [learningRate, beta1, beta2, epsilon, 0, 0, rate, root];
    },
  },
  AdamaxOptimizer: {
    kernel: 'adamax_step',
    slots: () => [
      ['accumulatedFirstMoment', 'm'],
      ['accumulatedWeightedInfNorm', 'v'],
    ],
    numbers({ learningRate, beta1, beta2, epsilon, decay }, { power1, iteration }) {
      const rate = learningRate / (1 + iteration * decay) / Math.fround(1 - power1);
      return [rate, beta1, beta2, epsilon, 0, 0];
    },
  },
  RMSPropOptimizer: {
    kernel: 'rmsprop_inside_step',
    slots: ({ centered }) => [
      ['accumulatedMeanSquares', 'rms'],
      centered ? ['accumulatedMeanGrads', 'mg'] : undefined,
      ['accumulatedMoments', 'momentum'],
    ],
    numbers({ learningRate, decay, momentum, epsilon, centered }) {
      return [learningRate, decay, centered ? -epsilon : epsilon, 0, momentum, 1];
    },
  },
  AdagradOptimizer: {
    kernel: 'adagrad_inside_step',
    slots: () => [['accumulatedGrads', 'accumulator']],
    initial: ({ initialAccumulatorValue }) => initialAccumulatorValue,
    numbers: ({ learningRate }, { epsilon }) => [learningRate, epsilon, 0],
  },
  AdadeltaOptimizer: {
    kernel: 'adadelta_step',
    slots: () => [
      ['accumulatedGrads', 'accum_grad'],
      ['accumulatedUpdates', 'accum_var'],
    ],
    numbers: ({ learningRate, rho, epsilon }) => [learningRate, rho, epsilon, 0, 1],
  },
} as const satisfies Readonly<Record<string, Rule>>;

/** The name of a class of TF.js's optimizers. */
export type RuleName = keyof typeof RULES;
