import { boolean, number, withDefaults } from '../check.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { requireKernel } from '../wasm/runtime.ts';
import {
  type Blocks,
  betasOf,
  type MaximizeOption,
  Optimizer,
  type PenaltyOption,
  Power,
} from './optimizer.ts';

/** Options of `Adamax`, named as in torch.optim.Adamax. */
export interface AdamaxOptions extends PenaltyOption, MaximizeOption {
  /** Learning rate. Default 2e-3. */
  readonly lr?: number | undefined;
  /** Decay rates of the first moment and of the infinity norm. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number] | undefined;
  /** Added to the absolute gradient. Default 1e-8. */
  readonly eps?: number | undefined;
}

/** Adamax (Kingma & Ba 2015, section 7.1), as torch.optim.Adamax. */
export class Adamax extends Optimizer {
  readonly name = 'adamax';
  readonly slots = ['exp_avg', 'exp_inf'];
  readonly #first: Power;
  readonly #second: number;
  readonly #eps: number;
  readonly #weightDecay: number;
  readonly #sign: number;

  /** @throws {ArgumentError} if a number is out of range */
  constructor(opts?: AdamaxOptions) {
    const { lr, betas, eps, weightDecay, maximize } = withDefaults('Adamax', opts, {
      ...{ lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false },
    });
    super(lr);
    const [b1, b2] = betasOf(betas);
    this.#first = new Power(b1);
    this.#second = b2;
    this.#eps = number('eps', eps, 0);
    this.#weightDecay = number('weightDecay', weightDecay, 0);
    this.#sign = boolean('maximize', maximize) ? -1 : 1;
  }

  protected apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, t: number): void {
    requireKernel(kernels, 'adamax_step');
    const { n, parameters, gradients, slots, weightDecay = this.#weightDecay } = blocks;
    const rate = lr / (1 - this.#first.at(t));
    // PyTorch's epsilon lies inside the maximum
    // biome-ignore format: the order of the kernel's arguments
    kernels.adamax_step(
      n, parameters, gradients, slots[0]!, slots[1]!, this.#sign * scale, rate, this.#first.base, this.#second, 0,
      this.#eps, weightDecay,
    );
  }

  protected override continueFrom(t: number): void {
    this.#first.continueFrom(t);
  }
}
