import { boolean, type Filled, withDefaults } from '../../check.ts';
import type { KernelCalls } from '../../wasm/generated/kernelCalls.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import type { Blocks, MaximizeOption } from '../optimizer.ts';
import { type RMSpropOptions as CoreOptions, RMSprop as CoreRMSprop, RMSPROP } from '../rmsprop.ts';

/** Options of `RMSprop`, named as in torch.optim.RMSprop. */
export interface RMSpropOptions extends CoreOptions, MaximizeOption {
  /** Add eps to the mean square, inside the root, as Keras and TF.js do. Default false. */
  readonly epsInsideRoot?: boolean | undefined;
}

/** RMSprop (Tieleman & Hinton 2012), as torch.optim.RMSprop. */
export class RMSprop extends CoreRMSprop {
  readonly #given: Filled<CoreOptions>;
  readonly #inside: boolean;
  readonly #sign: number;

  /** @throws {ArgumentError} if a number is out of range */
  constructor(opts?: RMSpropOptions) {
    const defaults = { ...RMSPROP, epsInsideRoot: false, maximize: false };
    const { epsInsideRoot, maximize, ...others } = withDefaults('RMSprop', opts, defaults);
    super(others);
    this.#given = others;
    this.#inside = boolean('epsInsideRoot', epsInsideRoot);
    this.#sign = boolean('maximize', maximize) ? -1 : 1;
  }

  protected override apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, t: number): void {
    if (!this.#inside) {
      super.apply(kernels, blocks, this.#sign * scale, lr, t);
      return;
    }
    requireKernel(kernels, 'rmsprop_inside_step');
    const { alpha, eps, centered, momentum } = this.#given;
    const { n, parameters, gradients, slots, weightDecay = this.#given.weightDecay } = blocks;
    const average = centered ? slots[1]! : 0;
    const buffer = momentum ? slots.at(-1)! : 0;
    // biome-ignore format: the order of the kernel's arguments
    kernels.rmsprop_inside_step(
      n, parameters, gradients, slots[0]!, average, buffer, this.#sign * scale, lr, alpha, eps, weightDecay,
      momentum, 0,
    );
  }
}
