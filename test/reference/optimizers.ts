import type {
  AdadeltaOptions,
  AdagradOptions,
  AdamaxOptions,
  AdamOptions,
  LionOptions,
  RMSpropOptions,
  SGDOptions,
} from '../../src/optim/all.ts';
import { OPTIMIZERS, type OptimizerName } from '../../src/optim/table.ts';
import type { Tensors } from './stack.ts';

/** Definitions and defaults as torch.optim. */
export interface Optimizer {
  /** Changes `params` in place; names without a gradient are left alone. */
  step(params: Tensors, grads: Tensors): void;
}

/** One tensor's update: `state(k)` is zeros of the tensor's length at first, `t` counts from 1. */
type Update = (w: Float64Array, g: Float64Array, t: number, state: (key: string) => Float64Array) => void;

function optimizer(update: Update): Optimizer {
  const states = new Map<string, Float64Array>();
  let t = 0;
  return {
    step(params, grads) {
      t++;
      for (const [name, g] of Object.entries(grads)) {
        const w = params[name]!;
        update(w, g, t, (key) => {
          const id = `${key} ${name}`;
          const values = states.get(id) ?? new Float64Array(w.length);
          states.set(id, values);
          return values;
        });
      }
    },
  };
}

export function sgd({
  lr,
  momentum = 0,
  nesterov = false,
  weightDecay = 0,
  dampening = 0,
  maximize = false,
}: SGDOptions): Optimizer {
  return optimizer((w, grad, t, state) => {
    const velocity = state('velocity');
    for (let i = 0; i < w.length; i++) {
      const g = (maximize ? -grad[i]! : grad[i]!) + weightDecay * w[i]!;
      const v = t === 1 ? g : momentum * velocity[i]! + (1 - dampening) * g;
      velocity[i] = v;
      w[i]! -= lr * (momentum === 0 ? g : nesterov ? g + momentum * v : v);
    }
  });
}

function adamWith(o: AdamOptions, decoupled: boolean, defaultDecay: number): Optimizer {
  const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = defaultDecay } = o;
  const { amsgrad = false, maximize = false } = o;
  const [beta1, beta2] = betas;
  return optimizer((w, grad, t, state) => {
    const m = state('m');
    const v = state('v');
    const top = state('top');
    const correction1 = 1 - beta1 ** t;
    const correction2 = 1 - beta2 ** t;
    for (let i = 0; i < w.length; i++) {
      if (decoupled) w[i]! *= 1 - lr * weightDecay;
      const g = (maximize ? -grad[i]! : grad[i]!) + (decoupled ? 0 : weightDecay * w[i]!);
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
      top[i] = Math.max(top[i]!, v[i]!);
      const second = amsgrad ? top[i]! : v[i]!;
      w[i]! -= (lr * (m[i]! / correction1)) / (Math.sqrt(second / correction2) + eps);
    }
  });
}

/** weightDecay is added to the gradient; default 0. */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamWith(options, false, 0);
}

/** Parameters are multiplied by 1 − lr·weightDecay first; default 0.01. */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamWith(options, true, 0.01);
}

export function rmsprop(options: RMSpropOptions = {}): Optimizer {
  const { lr = 0.01, alpha = 0.99, eps = 1e-8, centered = false, momentum = 0, weightDecay = 0 } = options;
  const { epsInsideRoot = false, maximize = false } = options;
  return optimizer((w, grad, _, state) => {
    const square = state('square');
    const mean = state('mean');
    const velocity = state('velocity');
    for (let i = 0; i < w.length; i++) {
      const g = (maximize ? -grad[i]! : grad[i]!) + weightDecay * w[i]!;
      square[i] = alpha * square[i]! + (1 - alpha) * g * g;
      mean[i] = alpha * mean[i]! + (1 - alpha) * g;
      const variance = centered ? square[i]! - mean[i]! * mean[i]! : square[i]!;
      const root = epsInsideRoot ? Math.sqrt(variance + eps) : Math.sqrt(variance) + eps;
      velocity[i] = momentum * velocity[i]! + g / root;
      w[i]! -= lr * velocity[i]!;
    }
  });
}

export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { lr = 0.01, lrDecay = 0, eps = 1e-10, weightDecay = 0 } = options;
  return optimizer((w, grad, t, state) => {
    const sum = state('sum');
    const rate = lr / (1 + (t - 1) * lrDecay);
    for (let i = 0; i < w.length; i++) {
      const g = grad[i]! + weightDecay * w[i]!;
      sum[i]! += g * g;
      w[i]! -= (rate * g) / (Math.sqrt(sum[i]!) + eps);
    }
  });
}

export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const { lr = 1, rho = 0.9, eps = 1e-6, weightDecay = 0, maximize = false } = options;
  return optimizer((w, grad, _, state) => {
    const square = state('square');
    const delta = state('delta');
    for (let i = 0; i < w.length; i++) {
      const g = (maximize ? -grad[i]! : grad[i]!) + weightDecay * w[i]!;
      square[i] = rho * square[i]! + (1 - rho) * g * g;
      const u = (Math.sqrt(delta[i]! + eps) / Math.sqrt(square[i]! + eps)) * g;
      delta[i] = rho * delta[i]! + (1 - rho) * u * u;
      w[i]! -= lr * u;
    }
  });
}

export function adamax(options: AdamaxOptions = {}): Optimizer {
  const { lr = 2e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, maximize = false } = options;
  return optimizer((w, grad, t, state) => {
    const m = state('m');
    const norm = state('norm');
    for (let i = 0; i < w.length; i++) {
      const g = (maximize ? -grad[i]! : grad[i]!) + weightDecay * w[i]!;
      m[i] = betas[0] * m[i]! + (1 - betas[0]) * g;
      norm[i] = Math.max(betas[1] * norm[i]!, Math.abs(g) + eps);
      w[i]! -= ((lr / (1 - betas[0] ** t)) * m[i]!) / norm[i]!;
    }
  });
}

/** Chen et al. 2023, algorithm 2. */
export function lion({ lr = 1e-4, betas = [0.9, 0.99], weightDecay = 0 }: LionOptions = {}): Optimizer {
  const [beta1, beta2] = betas;
  return optimizer((w, grad, _, state) => {
    const m = state('m');
    for (let i = 0; i < w.length; i++) {
      const c = beta1 * m[i]! + (1 - beta1) * grad[i]!;
      w[i]! -= lr * (Math.sign(c) + weightDecay * w[i]!);
      m[i] = beta2 * m[i]! + (1 - beta2) * grad[i]!;
    }
  });
}

type Options<K extends OptimizerName> = NonNullable<ConstructorParameters<(typeof OPTIMIZERS)[K]>[0]>;

/** Each optimizer's reference, and the options that suites draw. A row that is missing is a type error. */
const references: {
  readonly [K in OptimizerName]: readonly [(options: Options<K>) => Optimizer, ...Options<K>[]];
} = {
  sgd: [
    sgd,
    { lr: 0.3 },
    { lr: 0.1, weightDecay: 0.05 },
    { lr: 0.1, momentum: 0.9 },
    { lr: 0.05, momentum: 0.8, nesterov: true, weightDecay: 0.01 },
    { lr: 0.1, momentum: 0.7, dampening: 0.4, weightDecay: 0.01 },
    { lr: 0.01, momentum: 0.5, dampening: 0.2, maximize: true },
    { lr: 0.01, weightDecay: 0.05, maximize: true },
  ],
  adam: [
    adam,
    {},
    { lr: 0.01, betas: [0.8, 0.95], eps: 1e-4 },
    { lr: 0.005, weightDecay: 0.1 },
    { lr: 0.005, betas: [0.8, 0.9], weightDecay: 0.1, amsgrad: true },
    { lr: 0.002, maximize: true },
  ],
  adamw: [
    adamW,
    {},
    { lr: 0.01, betas: [0.8, 0.95], eps: 1e-4 },
    { lr: 0.005, weightDecay: 0.1 },
    { lr: 0.005, betas: [0.8, 0.9], amsgrad: true, maximize: true },
  ],
  rmsprop: [
    rmsprop,
    {},
    { lr: 0.002, alpha: 0.9, eps: 1e-5 },
    { lr: 0.001, momentum: 0.7, weightDecay: 0.02 },
    { lr: 0.001, centered: true, eps: 1e-3 },
    { lr: 0.001, centered: true, momentum: 0.5, eps: 1e-3 },
    { lr: 0.001, eps: 1e-4, epsInsideRoot: true, momentum: 0.5, weightDecay: 0.01 },
    { lr: 0.001, centered: true, eps: 1e-3, epsInsideRoot: true, maximize: true },
  ],
  adadelta: [
    adadelta,
    {},
    { lr: 0.5, rho: 0.8, eps: 1e-4, weightDecay: 0.01 },
    { eps: 1e-5, maximize: true },
  ],
  adamax: [
    adamax,
    {},
    { lr: 0.01, betas: [0.8, 0.95], eps: 1e-4, weightDecay: 0.05 },
    { lr: 0.002, maximize: true },
  ],
  lion: [lion, {}, { lr: 0.001, betas: [0.8, 0.95], weightDecay: 0.1 }],
  adagrad: [adagrad, {}, { lr: 0.05, lrDecay: 0.1, eps: 1e-6, weightDecay: 0.01 }],
};

/** An optimizer with options: a new one, and its reference. */
export interface OptimizerCase {
  readonly label: string;
  readonly name: OptimizerName;
  readonly options: { readonly lr?: number | undefined };
  make(changed?: { readonly lr: number }): InstanceType<(typeof OPTIMIZERS)[OptimizerName]>;
  reference(): Optimizer;
}

/** Every optimizer with every set of options. */
export const optimizerCases: readonly OptimizerCase[] = Object.entries(references).flatMap(
  ([key, [reference, ...all]]) =>
    all.map((options) => {
      const name = key as OptimizerName;
      return {
        label: `${name} ${JSON.stringify(options)}`,
        name,
        options,
        make: (changed) => new OPTIMIZERS[name]({ ...options, ...changed } as never),
        reference: () => reference(options as never),
      };
    }),
);

/** The reference of an optimizer by its name. */
export function referenceOf(name: OptimizerName, options: object): Optimizer {
  return references[name][0](options as never);
}

/** Scales all gradients in place by min(1, max / (norm + 1e-6)); returns the norm before it. */
export function clipGradNorm(grads: Tensors, max: number): number {
  let sum = 0;
  for (const g of Object.values(grads)) for (const x of g) sum += x * x;
  const norm = Math.sqrt(sum);
  const coefficient = Math.min(1, max / (norm + 1e-6));
  for (const g of Object.values(grads)) for (let i = 0; i < g.length; i++) g[i]! *= coefficient;
  return norm;
}

/** Clamps every gradient in place to [−limit, limit]. */
export function clipGradValue(grads: Tensors, limit: number): void {
  for (const g of Object.values(grads)) {
    for (let i = 0; i < g.length; i++) g[i] = Math.min(limit, Math.max(-limit, g[i]!));
  }
}
