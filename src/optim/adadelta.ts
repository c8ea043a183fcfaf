import { boolean, number, withDefaults } from '../check.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { requireKernel } from '../wasm/runtime.ts';
import { type Blocks, type MaximizeOption, Optimizer, type PenaltyOption } from './optimizer.ts';

/** Options of `Adadelta`, named as in torch.optim.Adadelta. */
export interface AdadeltaOptions extends PenaltyOption, MaximizeOption {
  /** Factor of the update. Default 1. */
  readonly lr?: number | undefined;
  /** Decay rate of the mean squares. Default 0.9. */
  readonly rho?: number | undefined;
  /** Added to the mean squares. Default 1e-6. */
  readonly eps?: number | undefined;
}

/** Adadelta (Zeiler 2012, arXiv 1212.5701), as torch.optim.Adadelta. */
export class Adadelta extends Optimizer {
  readonly name = 'adadelta';
  readonly slots = ['square_avg', 'acc_delta'];
  readonly #rho: number;
  readonly #eps: number;
  readonly #weightDecay: number;
  readonly #sign: number;

  /** @throws {ArgumentError} if a number is out of range */
  constructor(opts?: AdadeltaOptions) {
    const defaults = { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false };
    const given = withDefaults('Adadelta', opts, defaults);
    super(given.lr);
    this.#rho = number('rho', given.rho, 0, 1);
    this.#eps = number('eps', given.eps, 0);
    this.#weightDecay = number('weightDecay', given.weightDecay, 0);
    this.#sign = boolean('maximize', given.maximize) ? -1 : 1;
  }

  protected apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number): void {
    requireKernel(kernels, 'adadelta_step');
    const { n, parameters, gradients, slots, weightDecay = this.#weightDecay } = blocks;
    // biome-ignore format: the order of the kernel's arguments
    kernels.adadelta_step(
      n, parameters, gradients, slots[0]!, slots[1]!, this.#sign * scale, lr, this.#rho, this.#eps, weightDecay, 0,
    );
  }
}
