import { ArgumentError } from '../errors.ts';
import type { MemoryArena } from '../memory/arena.ts';
import { type Blocks, Optimizer } from '../optim/optimizer.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { satisfies } from './satisfies.ts';

/** Which update an optimizer of your own makes. */
export interface UpdateStep {
  /** Number of the update, from 1 on. */
  readonly step: number;
  /** Learning rate of this update: the optimizer's, times the schedule's factor. */
  readonly lr: number;
}

/** An optimizer of your own. What it must remember from update to update lies in its slots, which are saved. */
export interface CustomOptimizer {
  /** The name it is saved under. */
  readonly name: string;
  /** Learning rate to begin with; the trainer's `optimizer.lr` is the one that counts later. */
  readonly lr: number;
  /** Names of blocks of state, each as large as the parameters; zeros at the start. Default: none. */
  readonly slots?: readonly string[] | undefined;
  /**
   * Changes the parameters in place. All parameters lie one behind the other; gaps between them hold zeros, whose
   * gradients are 0. Gradients are clipped already.
   *
   * The arrays are views of the model's memory, all of the same length: they hold during the call only, and must not
   * be kept.
   */
  update(
    parameters: Float32Array,
    gradients: Float32Array,
    slots: readonly Float32Array[],
    step: UpdateStep,
  ): void;
}

/** Whether it is an optimizer of a user's own. */
export function isCustomOptimizer(given: unknown): given is CustomOptimizer {
  return satisfies(
    () =>
      !(given instanceof Optimizer) && typeof (given as CustomOptimizer | undefined)?.update === 'function',
  );
}

/** An optimizer of a user's own, as trainers take it. */
export class AdaptedOptimizer extends Optimizer {
  readonly name: string;
  readonly slots: readonly string[];
  readonly #custom: CustomOptimizer;
  readonly #arena: MemoryArena;

  /** @throws {ArgumentError} no name, an lr that is no number of at least 0, slots that are no different names */
  constructor(custom: CustomOptimizer, arena: MemoryArena) {
    super(custom.lr);
    const { name, slots = [] } = custom;
    if (typeof name !== 'string' || name === '') throw new ArgumentError('optimizer.name', 'a name', name);
    const named = Array.isArray(slots) && slots.every((slot) => /^\w+$/.test(slot));
    if (!named || new Set(slots).size < slots.length) {
      throw new ArgumentError('optimizer.slots', 'different names of letters, digits and _', slots);
    }
    this.name = name;
    this.slots = [...slots];
    this.#custom = custom;
    this.#arena = arena;
  }

  protected apply(kernels: KernelCalls, blocks: Blocks, scale: number, lr: number, t: number): void {
    const { n, parameters, gradients, slots } = blocks;
    if (scale !== 1) kernels.vec_scale(n, scale, gradients);
    const view = (ptr: number) => this.#arena.f32.subarray(ptr / 4, ptr / 4 + n);
    this.#custom.update(view(parameters), view(gradients), slots.map(view), { step: t, lr });
  }
}
