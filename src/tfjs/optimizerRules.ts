import type { Blocks } from '../optim/optimizer.ts';
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

/** A list of accumulators of an optimizer, one per variable: the field of the optimizer, and what ends a variable's name in saved weights. */
export type Slot = readonly [field: string, suffix: string];

/** How a class of TF.js updates a variable. */
export interface Rule {
  /** The accumulators, in the order of the pointers; an optimizer may lack the last ones. */
  slots(settings: Settings): readonly Slot[];
  /** The value accumulators start from. Default 0. */
  initial?(settings: Settings): number;
  /** One update of n floats with gradients times `scale`. */
  update(kernels: KernelCalls, settings: Settings, blocks: Blocks, scale: number, moment: Moment): void;
}

const none: readonly Slot[] = [];
const momentum: readonly Slot[] = [['accumulations', 'momentum']];
const moments: readonly Slot[] = [
  ['accumulatedFirstMoment', 'm'],
  ['accumulatedSecondMoment', 'v'],
];
const norms: readonly Slot[] = [
  ['accumulatedFirstMoment', 'm'],
  ['accumulatedWeightedInfNorm', 'v'],
];
const squares: readonly Slot[] = [
  ['accumulatedMeanSquares', 'rms'],
  ['accumulatedMoments', 'momentum'],
];
const centeredSquares: readonly Slot[] = [...squares, ['accumulatedMeanGrads', 'mg']];
const sums: readonly Slot[] = [['accumulatedGrads', 'accumulator']];
const deltas: readonly Slot[] = [
  ['accumulatedGrads', 'accum_grad'],
  ['accumulatedUpdates', 'accum_var'],
];

/** TF.js's optimizers by the names of their classes, with its definitions (4.22, tfjs-core/src/optimizers). */
export const RULES = {
  SGDOptimizer: {
    slots: () => none,
    update(kernels, { c }, { n, parameters, gradients }, scale) {
      kernels.sgd_step(n, parameters, gradients, 0, scale, -c.dataSync()[0]!, 0, 0, 0);
    },
  },
  MomentumOptimizer: {
    slots: () => momentum,
    update(kernels, { c, m, useNesterov }, { n, parameters, gradients, slots }, scale) {
      const [rate, momentum] = [-c.dataSync()[0]!, m.dataSync()[0]!];
      const nesterov = useNesterov ? 1 : 0;
      kernels.sgd_step(n, parameters, gradients, slots[0]!, scale, rate, momentum, 0, nesterov);
    },
  },
  AdamOptimizer: {
    slots: () => moments,
    update(kernels, { learningRate, beta1, beta2, epsilon }, blocks, scale, { power1, power2 }) {
      const { n, parameters, gradients, slots } = blocks;
      const rate = learningRate / Math.fround(1 - power1);
      const root = 1 / Math.sqrt(Math.fround(1 - power2));
      // biome-ignore format: the order of the kernel's arguments
      kernels.adam_step(
        n, parameters, gradients, slots[0]!, slots[1]!, scale, learningRate, beta1, beta2, epsilon, 0, 0, rate, root,
      );
    },
  },
  AdamaxOptimizer: {
    slots: () => norms,
    update(kernels, settings, blocks, scale, { power1, iteration }) {
      const { learningRate, beta1, beta2, epsilon, decay } = settings;
      const { n, parameters, gradients, slots } = blocks;
      const rate = learningRate / (1 + iteration * decay) / Math.fround(1 - power1);
      // biome-ignore format: the order of the kernel's arguments
      kernels.adamax_step(
        n, parameters, gradients, slots[0]!, slots[1]!, scale, rate, beta1, beta2, epsilon, 0, 0,
      );
    },
  },
  RMSPropOptimizer: {
    slots: ({ centered }) => (centered ? centeredSquares : squares),
    update(kernels, settings, { n, parameters, gradients, slots }, scale) {
      const { learningRate, decay, momentum, epsilon, centered } = settings;
      const [square, buffer, mean = 0] = slots;
      const inside = centered ? -epsilon : epsilon;
      // biome-ignore format: the order of the kernel's arguments
      kernels.rmsprop_inside_step(
        n, parameters, gradients, square!, mean, buffer!, scale, learningRate, decay, inside, 0, momentum, 1,
      );
    },
  },
  AdagradOptimizer: {
    slots: () => sums,
    initial: ({ initialAccumulatorValue }) => initialAccumulatorValue,
    update(kernels, { learningRate }, { n, parameters, gradients, slots }, scale, { epsilon }) {
      kernels.adagrad_inside_step(n, parameters, gradients, slots[0]!, scale, learningRate, epsilon, 0);
    },
  },
  AdadeltaOptimizer: {
    slots: () => deltas,
    update(kernels, { learningRate, rho, epsilon }, { n, parameters, gradients, slots }, scale) {
      // biome-ignore format: the order of the kernel's arguments
      kernels.adadelta_step(
        n, parameters, gradients, slots[0]!, slots[1]!, scale, learningRate, rho, epsilon, 0, 1,
      );
    },
  },
} as const satisfies Readonly<Record<string, Rule>>;

/** The name of a class of TF.js's optimizers. */
export type RuleName = keyof typeof RULES;
