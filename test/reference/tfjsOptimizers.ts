import type { Blocks } from '../../src/optim/optimizer.ts';
import {
  type Moment,
  RULES,
  type Rule,
  type RuleName,
  type Settings,
} from '../../src/tfjs/optimizerRules.ts';
import type { KernelCalls } from '../../src/wasm/generated/kernelCalls.ts';
import type { Optimizer } from './optimizers.ts';
import type { Tensors } from './stack.ts';

type Given = Partial<Omit<Settings, 'c' | 'm'>>;

/** One element's update, in float64: `state` has its accumulators, `t` counts from 1. Gives what the value grows by. */
type Update = (g: number, state: number[], t: number, settings: Required<Given>) => number;

const EPSILON = 1e-7;

/** TF.js's definitions (4.22, tfjs-core/src/optimizers). */
const UPDATES: { readonly [K in RuleName]: readonly [Update, ...Given[]] } = {
  SGDOptimizer: [(g, _, _t, o) => -o.learningRate * g, { learningRate: 0.1 }],
  MomentumOptimizer: [
    (g, state, _, o) => {
      state[0] = o.momentum * state[0]! + g;
      return -o.learningRate * (o.useNesterov ? g + state[0] * o.momentum : state[0]);
    },
    { learningRate: 0.1, momentum: 0.9, useNesterov: false },
    { learningRate: 0.05, momentum: 0.7, useNesterov: true },
  ],
  AdamOptimizer: [
    (g, state, t, o) => {
      state[0] = o.beta1 * state[0]! + (1 - o.beta1) * g;
      state[1] = o.beta2 * state[1]! + (1 - o.beta2) * g * g;
      const first = state[0] / (1 - o.beta1 ** t);
      return (-o.learningRate * first) / (Math.sqrt(state[1] / (1 - o.beta2 ** t)) + o.epsilon);
    },
    { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: EPSILON },
    { learningRate: 0.05, beta1: 0.7, beta2: 0.9, epsilon: 1e-2 },
  ],
  AdamaxOptimizer: [
    (g, state, t, o) => {
      state[0] = o.beta1 * state[0]! + (1 - o.beta1) * g;
      state[1] = Math.max(o.beta2 * state[1]!, Math.abs(g));
      const rate = o.learningRate / (1 + (t - 1) * o.decay) / (1 - o.beta1 ** t);
      return (-rate * state[0]) / (state[1] + o.epsilon);
    },
    { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: EPSILON, decay: 0 },
    { learningRate: 0.05, beta1: 0.7, beta2: 0.5, epsilon: 1e-2, decay: 0.1 },
  ],
  RMSPropOptimizer: [
    (g, state, _, o) => {
      state[0] = o.decay * state[0]! + (1 - o.decay) * g * g;
      state[2] = o.decay * (state[2] ?? 0) + (1 - o.decay) * g;
      const inside = o.centered ? state[0] - (state[2] ** 2 + o.epsilon) : state[0] + o.epsilon;
      state[1] = o.momentum * state[1]! + (o.learningRate * g) / Math.sqrt(inside);
      return -state[1];
    },
    { learningRate: 0.01, decay: 0.9, momentum: 0, epsilon: EPSILON, centered: false },
    { learningRate: 0.005, decay: 0.8, momentum: 0.5, epsilon: 1e-2, centered: false },
    { learningRate: 0.001, decay: 0.5, momentum: 0.2, epsilon: 1e-5, centered: true },
  ],
  AdagradOptimizer: [
    (g, state, _, o) => {
      state[0] = state[0]! + g * g;
      return (-o.learningRate * g) / Math.sqrt(state[0] + EPSILON);
    },
    { learningRate: 0.05, initialAccumulatorValue: 0.1 },
    { learningRate: 0.05, initialAccumulatorValue: 0 },
  ],
  AdadeltaOptimizer: [
    (g, state, _, o) => {
      const former = state[0]!;
      state[0] = o.rho * former + (1 - o.rho) * g * g;
      const u = (Math.sqrt(state[1]! + o.epsilon) / Math.sqrt(former + o.epsilon)) * g;
      state[1] = o.rho * state[1]! + (1 - o.rho) * u * u;
      return -o.learningRate * u;
    },
    { learningRate: 0.1, rho: 0.95, epsilon: 1e-3 },
  ],
};

/** An optimizer of TF.js as the kernels run it, and its reference. */
export interface TfjsCase {
  readonly label: string;
  make(): {
    readonly slots: readonly unknown[];
    readonly initial: number;
    step(kernels: KernelCalls, blocks: Blocks, scale: number): void;
  };
  reference(): Optimizer;
}

export const tfjsCases: readonly TfjsCase[] = Object.entries(UPDATES).flatMap(([key, [update, ...all]]) =>
  all.map((given) => {
    const name = key as RuleName;
    const rule: Rule = RULES[name];
    const scalar = (value: number) => ({ dataSync: () => [value] });
    const settings = {
      ...given,
      c: scalar(-given.learningRate!),
      m: scalar(given.momentum ?? 0),
    } as Settings;
    const initial = rule.initial?.(settings) ?? 0;
    return {
      label: `${name} ${JSON.stringify(given)}`,
      make() {
        let t = 0;
        return {
          slots: rule.slots(settings).filter((slot) => slot),
          initial,
          step(kernels, blocks, scale) {
            const power = (base = 0) => Math.fround(base ** (t + 1));
            const powers = { power1: power(given.beta1), power2: power(given.beta2) };
            const moment: Moment = { ...powers, iteration: t++, epsilon: EPSILON };
            const { n, parameters, gradients } = blocks;
            // blocks are of the slots that there are
            let next = 0;
            const slots = rule.slots(settings).map((slot) => (slot ? blocks.slots[next++]! : 0));
            const update = kernels[rule.kernel] as (...numbers: number[]) => void;
            update(n, parameters, gradients, ...slots, scale, ...rule.numbers(settings, moment));
          },
        };
      },
      reference: () => reference(update, given as Required<Given>, initial),
    };
  }),
);

function reference(update: Update, settings: Required<Given>, initial: number): Optimizer {
  const states: Record<string, number[][]> = {};
  let t = 0;
  return {
    step(params: Tensors, grads: Tensors) {
      t++;
      for (const [name, g] of Object.entries(grads)) {
        const w = params[name]!;
        states[name] ??= Array.from(w, () => [initial, 0]);
        for (let i = 0; i < w.length; i++) w[i]! += update(g[i]!, states[name][i]!, t, settings);
      }
    },
  };
}
