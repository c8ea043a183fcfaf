import { ArgumentError } from '../errors.ts';
import type { MemoryArena } from '../memory/arena.ts';
import { type Blocks, Optimizer } from '../optim/optimizer.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { finished } from './finished.ts';
import { satisfies } from './satisfies.ts';

/** The update to make. */
export interface UpdateStep {
  /** Number of the update, starting at 1. */
  readonly step: number;
  /** Learning rate of this update: the optimizer's times the schedule's factor. */
  readonly lr: number;
}

/** A custom optimizer. Its state between updates is kept in slots, which are saved in checkpoints. */
export interface CustomOptimizer {
  /** The name in checkpoints. */
  readonly name: string;
  /** Initial learning rate; later the trainer's `optimizer.lr` is used. */
  readonly lr: number;
  /** Names of state arrays, each as long as the parameters and initially zero. Default: none. */
  readonly slots?: readonly string[] | undefined;
  /**
   * Updates the parameters in place. They are concatenated; gaps between them are zeros with gradient 0. Gradients
   * are already clipped.
   *
   * The arrays are views of the model's memory, all of the same length, valid only during the call.
   */
  update(
    parameters: Float32Array,
    gradients: Float32Array,
    slots: readonly Float32Array[],
    step: UpdateStep,
  ): void;
}

/** Whether it is a custom optimizer. */
export function isCustomOptimizer(given: unknown): given is CustomOptimizer {
  return satisfies(
    () =>
      !(given instanceof Optimizer) && typeof (given as CustomOptimizer | undefined)?.update === 'function',
  );
}

/** Adapts a custom optimizer to the interface of trainers. */
export class AdaptedOptimizer extends Optimizer {
  readonly name: string;
  readonly slots: readonly string[];
  readonly #custom: CustomOptimizer;
  readonly #arena: MemoryArena;

  /** @throws {ArgumentError} if name, lr or slots is invalid */
  constructor(custom: CustomOptimizer, arena: MemoryArena) {
    super(custom.lr);
    const { name, slots = [] } = custom;
    if (typeof name !== 'string' || name === '') throw new ArgumentError('optimizer.name', 'a name', name);
    const named = Array.isArray(slots) && slots.every((slot) => /^\w+$/.test(slot));
    if (!named || new Set(slots).size < slots.length) {
      throw new ArgumentError('optimizer.slots', 'distinct names of letters, digits and _', slots);
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
    const step = { step: t, lr };
    finished(
      'optimizer.update',
      this.#custom.update(view(parameters), view(gradients), slots.map(view), step),
    );
  }
}
