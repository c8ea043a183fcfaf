import { boolean, number, options } from '../../check.ts';
import { ArgumentError } from '../../errors.ts';
import type { KernelCalls } from '../../wasm/generated/kernelCalls.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import type { Blocks, MaximizeOption } from '../optimizer.ts';
import { type SGDOptions as CoreOptions, SGD as CoreSGD } from '../sgd.ts';

/** Options of `SGD`, named as in torch.optim.SGD. */
export interface SGDOptions extends CoreOptions, MaximizeOption {
  /** What of the gradient is left out of the momentum, from the second update on; not with nesterov. Default 0. */
  readonly dampening?: number | undefined;
}

/** Stochastic gradient descent, as torch.optim.SGD. */
export class SGD extends CoreSGD {
  readonly #momentum: number;
  readonly #dampening: number;
  readonly #weightDecay: number;
  readonly #sign: number;

  /** @throws {ArgumentError} if a number is out of range, or for nesterov without momentum or with dampening */
  constructor(opts: SGDOptions) {
    const {
      dampening = 0,
      maximize = false,
      ...others
    } = options('SGD', opts, {
      ...{ lr: true, momentum: true, nesterov: true, weightDecay: true },
      ...{ dampening: true, maximize: true },
    });
    super(others);
    this.#momentum = others.momentum ?? 0;
    this.#weightDecay = others.weightDecay ?? 0;
    this.#dampening = number('dampening', dampening, 0);
    this.#sign = boolean('maximize', maximize) ? -1 : 1;
    if (others.nesterov && dampening !== 0)
      throw new ArgumentError('dampening', '0 with nesterov', dampening);
  }

  protected override apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, t: number): void {
    if (!this.#dampening || !this.#momentum) {
      super.apply(kernels, blocks, this.#sign * scale, lr, t);
      return;
    }
    requireKernel(kernels, 'sgd_dampened_step');
    const { n, parameters, gradients, slots, weightDecay = this.#weightDecay } = blocks;
    const fresh = t === 1 ? 1 : 1 - this.#dampening;
    // biome-ignore format: the order of the kernel's arguments
    kernels.sgd_dampened_step(
      n, parameters, gradients, slots[0]!, this.#sign * scale, lr, this.#momentum, fresh, weightDecay,
    );
  }
}
