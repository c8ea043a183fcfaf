import { boolean, type Filled, number, withDefaults } from '../check.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { type Blocks, type MomentumOption, Optimizer, type PenaltyOption } from './optimizer.ts';

/** Options of `RMSprop`, named as in torch.optim.RMSprop. */
export interface RMSpropOptions extends MomentumOption, PenaltyOption {
  /** Learning rate. Default 1e-2. */
  readonly lr?: number | undefined;
  /** Smoothing factor. Default 0.99. */
  readonly alpha?: number | undefined;
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number | undefined;
  /** Divide by the standard deviation instead of the root mean square. Default false. */
  readonly centered?: boolean | undefined;
}

export const RMSPROP: Filled<RMSpropOptions> = {
  ...{ lr: 1e-2, alpha: 0.99, eps: 1e-8, centered: false, momentum: 0, weightDecay: 0 },
};

/** RMSprop (Tieleman & Hinton 2012), as torch.optim.RMSprop. */
export class RMSprop extends Optimizer {
  readonly name = 'rmsprop';
  readonly slots: readonly string[];
  readonly #alpha: number;
  readonly #eps: number;
  readonly #centered: boolean;
  readonly #momentum: number;
  readonly #weightDecay: number;

  /** @throws {ArgumentError} if a number is out of range */
  constructor(opts?: RMSpropOptions) {
    const given = withDefaults('RMSprop', opts, RMSPROP);
    super(given.lr);
    this.#alpha = number('alpha', given.alpha, 0, 1);
    this.#eps = number('eps', given.eps, 0);
    this.#centered = boolean('centered', given.centered);
    this.#momentum = number('momentum', given.momentum, 0);
    this.#weightDecay = number('weightDecay', given.weightDecay, 0);
    this.slots = [
      'square_avg',
      ...(this.#centered ? ['grad_avg'] : []),
      ...(this.#momentum ? ['momentum_buffer'] : []),
    ];
  }

  protected apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, _t: number): void {
    const { n, parameters, gradients, slots, weightDecay = this.#weightDecay } = blocks;
    const average = this.#centered ? slots[1]! : 0;
    const buffer = this.#momentum ? slots.at(-1)! : 0;
    // biome-ignore format: the order of the kernel's arguments
    kernels.rmsprop_step(
      n, parameters, gradients, slots[0]!, average, buffer, scale, lr, this.#alpha, this.#eps,
      weightDecay, this.#momentum,
    );
  }
}
