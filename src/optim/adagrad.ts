import { number, withDefaults } from '../check.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { type Blocks, Optimizer, type PenaltyOption } from './optimizer.ts';

/** Options of `Adagrad`, named as in torch.optim.Adagrad. */
export interface AdagradOptions extends PenaltyOption {
  /** Learning rate. Default 1e-2. */
  readonly lr?: number | undefined;
  /** The rate of update t is lr / (1 + (t − 1)·lrDecay). Default 0. */
  readonly lrDecay?: number | undefined;
  /** Added to the denominator. Default 1e-10. */
  readonly eps?: number | undefined;
}

/** Adagrad (Duchi, Hazan & Singer 2011), as torch.optim.Adagrad. */
export class Adagrad extends Optimizer {
  readonly name = 'adagrad';
  readonly slots = ['sum'];
  readonly #lrDecay: number;
  readonly #eps: number;
  readonly #weightDecay: number;

  /** @throws {ArgumentError} if a number is out of range */
  constructor(opts?: AdagradOptions) {
    const defaults = { lr: 1e-2, lrDecay: 0, eps: 1e-10, weightDecay: 0 };
    const { lr, lrDecay, eps, weightDecay } = withDefaults('Adagrad', opts, defaults);
    super(lr);
    this.#lrDecay = number('lrDecay', lrDecay, 0);
    this.#eps = number('eps', eps, 0);
    this.#weightDecay = number('weightDecay', weightDecay, 0);
  }

  protected apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, t: number): void {
    const { n, parameters, gradients, slots, weightDecay = this.#weightDecay } = blocks;
    const rate = lr / (1 + (t - 1) * this.#lrDecay);
    kernels.adagrad_step(n, parameters, gradients, slots[0]!, scale, rate, this.#eps, weightDecay);
  }
}
