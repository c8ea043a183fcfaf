import { boolean, withDefaults } from '../../check.ts';
import type { KernelCalls } from '../../wasm/generated/kernelCalls.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import { ADAM, ADAMW, Adam as CoreAdam, type AdamOptions as CoreOptions } from '../adam.ts';
import type { Blocks, MaximizeOption } from '../optimizer.ts';

/** Options of `Adam` and `AdamW`, named as in torch.optim. */
export interface AdamOptions extends CoreOptions, MaximizeOption {
  /** Divide by the largest second moment so far (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean | undefined;
}

const OWN = { amsgrad: false, maximize: false };

/** Adam (Kingma & Ba 2015), as torch.optim.Adam: weight decay is added to the gradient. */
export class Adam extends CoreAdam {
  override readonly slots: readonly string[];
  readonly #amsgrad: boolean;
  readonly #sign: number;

  /** @throws {ArgumentError} if a number is out of range */
  constructor(opts?: AdamOptions) {
    const { amsgrad, maximize, ...others } = withDefaults('Adam', opts, { ...ADAM, ...OWN });
    super(others);
    this.#amsgrad = boolean('amsgrad', amsgrad);
    this.#sign = boolean('maximize', maximize) ? -1 : 1;
    this.slots = ['exp_avg', 'exp_avg_sq', ...(amsgrad ? ['max_exp_avg_sq'] : [])];
  }

  protected override apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, t: number): void {
    if (!this.#amsgrad) {
      super.apply(kernels, blocks, this.#sign * scale, lr, t);
      return;
    }
    requireKernel(kernels, 'amsgrad_step');
    const { n, parameters, gradients, slots, weightDecay = this.weightDecay } = blocks;
    const [b1, b2] = this.powers;
    const rate = lr / (1 - b1.at(t));
    const root = 1 / Math.sqrt(1 - b2.at(t));
    const decoupled = this.decoupled ? 1 : 0;
    // biome-ignore format: the order of the kernel's arguments
    kernels.amsgrad_step(
      n, parameters, gradients, slots[0]!, slots[1]!, slots[2]!, this.#sign * scale, lr, b1.base, b2.base, this.eps,
      weightDecay, decoupled, rate, root,
    );
  }
}

/** AdamW (Loshchilov & Hutter 2019), as torch.optim.AdamW: weight decay shrinks the parameters themselves. */
export class AdamW extends Adam {
  override readonly name = 'adamw';
  protected override readonly decoupled = true;

  /** @throws {ArgumentError} if a number is out of range */
  constructor(opts?: AdamOptions) {
    super(withDefaults('AdamW', opts, { ...ADAMW, ...OWN }));
  }
}
