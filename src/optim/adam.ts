import { type Filled, number, withDefaults } from '../check.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { type Blocks, betasOf, Optimizer, Power } from './optimizer.ts';

/** Options of `Adam` and `AdamW`, named as in torch.optim. */
export interface AdamOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: number | undefined;
  /** Decay rates of the first and second moments. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number] | undefined;
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number | undefined;
  /** Weight decay. Default 0; 0.01 for AdamW. */
  readonly weightDecay?: number | undefined;
}

export const ADAM: Filled<AdamOptions> = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 };
export const ADAMW: Filled<AdamOptions> = { ...ADAM, weightDecay: 0.01 };

/** Adam (Kingma & Ba 2015), as torch.optim.Adam: weight decay is added to the gradient. */
export class Adam extends Optimizer {
  readonly name: string = 'adam';
  readonly slots: readonly string[] = ['exp_avg', 'exp_avg_sq'];
  protected readonly decoupled: boolean = false;
  /** @internal */
  protected readonly powers: readonly [Power, Power];
  /** @internal */
  protected readonly eps: number;
  /** @internal */
  protected readonly weightDecay: number;

  /** @throws {ArgumentError} if a number is out of range */
  constructor(opts?: AdamOptions) {
    const { lr, betas, eps, weightDecay } = withDefaults('Adam', opts, ADAM);
    super(lr);
    const [b1, b2] = betasOf(betas);
    this.powers = [new Power(b1), new Power(b2)];
    this.eps = number('eps', eps, 0);
    this.weightDecay = number('weightDecay', weightDecay, 0);
  }

  protected apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, t: number): void {
    const { n, parameters, gradients, slots, weightDecay = this.weightDecay } = blocks;
    const [b1, b2] = this.powers;
    const rate = lr / (1 - b1.at(t));
    const root = 1 / Math.sqrt(1 - b2.at(t));
    const decoupled = this.decoupled ? 1 : 0;
    // biome-ignore format: the order of the kernel's arguments
    kernels.adam_step(
      n, parameters, gradients, slots[0]!, slots[1]!, scale, lr, b1.base, b2.base, this.eps,
      weightDecay, decoupled, rate, root,
    );
  }

  protected override continueFrom(t: number): void {
    for (const power of this.powers) power.continueFrom(t);
  }
}

/** AdamW (Loshchilov & Hutter 2019), as torch.optim.AdamW: weight decay shrinks the parameters themselves. */
export class AdamW extends Adam {
  override readonly name = 'adamw';
  protected override readonly decoupled = true;

  /** @throws {ArgumentError} if a number is out of range */
  constructor(opts?: AdamOptions) {
    super(withDefaults('AdamW', opts, ADAMW));
  }
}
