import { finite, isSize, number, reading } from '../check.ts';
import { ArgumentError, FormatError, show } from '../errors.ts';
import { Summarized } from '../summary.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { runningPower } from './power.ts';

/** Pointers to blocks of n floats: parameters, gradients and one per slot; options that these parameters have of their own. */
export interface Blocks {
  readonly n: number;
  readonly parameters: number;
  readonly gradients: number;
  readonly slots: readonly number[];
  readonly lr?: number | undefined;
  readonly weightDecay?: number | undefined;
}

/** An option of optimizers whose weight decay is a penalty of the loss. */
export interface PenaltyOption {
  /** L2 penalty: added to the gradient, times the parameter. Default 0. */
  readonly weightDecay?: number | undefined;
}

/** An option of optimizers. */
export interface MomentumOption {
  /** Momentum factor. Default 0. */
  readonly momentum?: number | undefined;
}

/** An option of optimizers. */
export interface MaximizeOption {
  /** Maximize the loss instead of minimizing it. Default false. */
  readonly maximize?: boolean | undefined;
}

/** The saved state of an optimizer, besides its slots. */
export interface OptimizerState {
  readonly name: string;
  readonly lr: number;
  readonly steps: number;
}

/**
 * Base class of optimizers. Updates all parameters of a model in
 * one pass over one block.
 */
export abstract class Optimizer extends Summarized {
  /** The name in checkpoints: torch.optim's in lower case. */
  abstract readonly name: string;
  /** Names of the state blocks, as in torch.optim. Each is as large as the parameters and initially zero. */
  abstract readonly slots: readonly string[];
  #lr: number;
  #steps = 0;

  constructor(lr: number) {
    super();
    this.#lr = number('lr', lr, 0);
  }

  /** Learning rate: finite, at least 0. */
  get lr(): number {
    return this.#lr;
  }

  /** @throws {ArgumentError} if it is NaN, infinite or negative */
  set lr(value: number) {
    // a rate that decays below float32's range becomes 0, which makes no change
    this.#lr = Math.fround(finite('lr', value, 0)) === 0 ? value : number('lr', value, 0);
  }

  /** Number of updates made. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Makes one update, or a part of one, with gradients times `scale` and the learning rate times `factor`.
   * last: no part follows. @internal
   */
  step(kernels: KernelCalls, blocks: Blocks, scale: number, factor = 1, last = true): void {
    this.apply(kernels, blocks, scale, (blocks.lr ?? this.#lr) * factor, this.#steps + 1);
    if (last) this.#steps++;
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  toJSON(): OptimizerState {
    return this.state();
  }

  /** The state to save, besides the slots. @internal */
  state(): OptimizerState {
    return { name: this.name, lr: this.#lr, steps: this.#steps };
  }

  /** Restores a saved state. @throws {FormatError} if it is not a state of this optimizer @internal */
  restore(state: unknown): void {
    const { name, lr, steps } = (state ?? {}) as Partial<OptimizerState>;
    if (name !== this.name)
      throw new FormatError(`optimizer state: expected ${this.name}, got ${show(name)}`);
    const isRate = typeof lr === 'number' && lr >= 0 && Math.fround(lr) < Infinity;
    if (!isRate || !isSize(steps))
      throw new FormatError(`optimizer state: expected lr and steps, got ${show([lr, steps])}`);
    this.#lr = lr;
    this.#steps = steps;
    this.continueFrom(steps);
  }

  /** Makes update t, starting at 1, on one part of the parameters or several. */
  protected abstract apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, t: number): void;

  /** Recomputes values that depend on the number of updates t. */
  protected continueFrom(_t: number): void {}
}

/** @throws {ArgumentError} unless both are in 0 <= β < 1 */
export function betasOf(betas: readonly [number, number]): readonly [number, number] {
  const [b1, b2] = reading('betas', betas, () => {
    if (!Array.isArray(betas) || betas.length !== 2) throw new ArgumentError('betas', 'two numbers', betas);
    return [betas[0], betas[1]];
  });
  return [number('betas[0]', b1, 0, 1, true), number('betas[1]', b2, 0, 1, true)];
}

/** β^t by one multiplication per step: the same bits on every engine, resumed or not. */
export class Power {
  readonly base: number;
  value = 1;
  #t = 0;

  constructor(base: number) {
    this.base = base;
  }

  /** For t as in the last call, or one more. */
  at(t: number): number {
    if (t !== this.#t) this.value *= this.base;
    this.#t = t;
    return this.value;
  }

  continueFrom(t: number): void {
    this.value = runningPower(this.base, t);
    this.#t = t;
  }
}
