import { number, options } from '../check.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { type Blocks, Optimizer } from './optimizer.ts';

/** Options of `Adagrad`, named as in torch.optim.Adagrad. */
export interface AdagradOptions {
  /** Learning rate. Default 1e-2. */
  readonly lr?: number | undefined;
  /** The rate of update t is lr / (1 + (t − 1)·lrDecay). Default 0. */
  readonly lrDecay?: number | undefined;
  /** Added to the denominator. Default 1e-10. */
  readonly eps?: number | undefined;
  /** L2 penalty: added to the gradient, times the parameter. Default 0. */
  readonly weightDecay?: number | undefined;
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
    const given = options('Adagrad', opts, { lr: true, lrDecay: true, eps: true, weightDecay: true });
    super(given.lr ?? 1e-2);
    this.#lrDecay = number('lrDecay', given.lrDecay ?? 0, 0);
    this.#eps = number('eps', given.eps ?? 1e-10, 0);
    this.#weightDecay = number('weightDecay', given.weightDecay ?? 0, 0);
  }

  protected apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, t: number): void {
    const { n, parameters, gradients, slots, weightDecay = this.#weightDecay } = blocks;
    const rate = lr / (1 + (t - 1) * this.#lrDecay);
    kernels.adagrad_step(n, parameters, gradients, slots[0]!, scale, rate, this.#eps, weightDecay);
  }
}
