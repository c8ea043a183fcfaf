import { boolean, number, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { type Blocks, type MomentumOption, Optimizer, type PenaltyOption } from './optimizer.ts';

/** Options of `SGD`, named as in torch.optim.SGD. */
export interface SGDOptions extends MomentumOption, PenaltyOption {
  /** Learning rate. */
  readonly lr: number;
  /** Use Nesterov momentum; requires momentum above 0. Default false. */
  readonly nesterov?: boolean | undefined;
}

/** Stochastic gradient descent, as torch.optim.SGD without dampening. */
export class SGD extends Optimizer {
  readonly name = 'sgd';
  readonly slots: readonly string[];
  readonly #momentum: number;
  readonly #nesterov: boolean;
  readonly #weightDecay: number;

  /** @throws {ArgumentError} if a number is out of range, or for nesterov without momentum */
  constructor(opts: SGDOptions) {
    const {
      lr,
      momentum = 0,
      nesterov = false,
      weightDecay = 0,
    } = options('SGD', opts, { lr: true, momentum: true, nesterov: true, weightDecay: true });
    super(lr);
    this.#momentum = number('momentum', momentum, 0);
    this.#nesterov = boolean('nesterov', nesterov);
    this.#weightDecay = number('weightDecay', weightDecay, 0);
    if (nesterov && momentum === 0) throw new ArgumentError('momentum', 'above 0 with nesterov', momentum);
    this.slots = momentum ? ['momentum_buffer'] : [];
  }

  protected apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, _t: number): void {
    const { n, parameters, gradients, slots, weightDecay = this.#weightDecay } = blocks;
    const nesterov = this.#nesterov ? 1 : 0;
    const buffer = slots[0] ?? 0;
    // biome-ignore format: the order of the kernel's arguments
    kernels.sgd_step(n, parameters, gradients, buffer, scale, lr, this.#momentum, weightDecay, nesterov);
  }
}
