import { number, withDefaults } from '../check.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { requireKernel } from '../wasm/runtime.ts';
import { type Blocks, betasOf, Optimizer } from './optimizer.ts';

/** Options of `Lion`. */
export interface LionOptions {
  /** Learning rate. Default 1e-4. */
  readonly lr?: number | undefined;
  /** Decay rates of the average used for the update and of the stored average. Default [0.9, 0.99]. */
  readonly betas?: readonly [number, number] | undefined;
  /** Decoupled weight decay, as in AdamW: shrinks the parameters by lr·weightDecay. Default 0. */
  readonly weightDecay?: number | undefined;
}

/** Lion (Chen et al. 2023, arXiv 2302.06675): each parameter moves by lr against the sign of an average gradient. */
export class Lion extends Optimizer {
  readonly name = 'lion';
  readonly slots = ['exp_avg'];
  readonly #betas: readonly [number, number];
  readonly #weightDecay: number;

  /** @throws {ArgumentError} if a number is out of range */
  constructor(opts?: LionOptions) {
    const defaults = { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0 } as const;
    const { lr, betas, weightDecay } = withDefaults('Lion', opts, defaults);
    super(lr);
    this.#betas = betasOf(betas);
    this.#weightDecay = number('weightDecay', weightDecay, 0);
  }

  protected apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number): void {
    requireKernel(kernels, 'lion_step');
    const { n, parameters, gradients, slots, weightDecay = this.#weightDecay } = blocks;
    const [b1, b2] = this.#betas;
    kernels.lion_step(n, parameters, gradients, slots[0]!, scale, lr, b1, b2, weightDecay);
  }
}
