import { finite, number, reading } from '../check.ts';
import { ArgumentError, FormatError, show } from '../errors.ts';
import { Summarized } from '../summary.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { runningPower } from './power.ts';

/** Pointers to blocks of n floats: parameters, gradients, and one for each of the optimizer's slots. */
export interface Blocks {
  readonly n: number;
  readonly parameters: number;
  readonly gradients: number;
  readonly slots: readonly number[];
}

/** What an optimizer saves besides its slots. */
export interface OptimizerState {
  readonly name: string;
  readonly lr: number;
  readonly steps: number;
}

/** Updates all parameters of a model in one pass over one block. */
export abstract class Optimizer extends Summarized {
  /** The name it is saved under: torch.optim's, in lower case. */
  abstract readonly name: string;
  /** Blocks of state as large as the parameters, under torch.optim's names; zeros at the start. */
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

  /** @throws {ArgumentError} NaN, infinite or negative */
  set lr(value: number) {
    // a rate that decays below what float32 has is 0 there, which changes nothing
    this.#lr = Math.fround(finite('lr', value, 0)) === 0 ? value : number('lr', value, 0);
  }

  /** Updates made. */
  get steps(): number {
    return this.#steps;
  }

  /** One update; gradients count `scale` times, the learning rate `factor` times. @internal */
  step(kernels: KernelCalls, blocks: Blocks, scale: number, factor = 1): void {
    this.apply(kernels, blocks, scale, this.#lr * factor, this.#steps + 1);
    this.#steps++;
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  toJSON(): OptimizerState {
    return this.state();
  }

  /** What to save besides the slots. @internal */
  state(): OptimizerState {
    return { name: this.name, lr: this.#lr, steps: this.#steps };
  }

  /** Continues from a saved state. @throws {FormatError} the state of another optimizer, or none at all @internal */
  restore(state: unknown): void {
    const { name, lr, steps } = (state ?? {}) as Partial<OptimizerState>;
    if (name !== this.name)
      throw new FormatError(`optimizer state: expected ${this.name}, got ${show(name)}`);
    const whole = Number.isSafeInteger(steps) && steps! >= 0;
    if (typeof lr !== 'number' || !Number.isFinite(Math.fround(lr)) || lr < 0 || !whole) {
      throw new FormatError(`optimizer state: lr ${show(lr)}, steps ${show(steps)}`);
    }
    this.#lr = lr;
    this.#steps = steps!;
    this.continueFrom(steps!);
  }

  /** Update number t, from 1 on. */
  protected abstract apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, t: number): void;

  /** Brings what depends on the number of updates to t. */
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

/** β^t by t multiplications, one at each step: the same bits on every engine, resumed or not. */
export class Power {
  readonly base: number;
  value = 1;

  constructor(base: number) {
    this.base = base;
  }

  next(): number {
    this.value *= this.base;
    return this.value;
  }

  continueFrom(t: number): void {
    this.value = runningPower(this.base, t);
  }
}
