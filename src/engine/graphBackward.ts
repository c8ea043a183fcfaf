import type { MemoryArena } from '../memory/arena.ts';
import type { Layout } from '../memory/layout.ts';
import { requireKernel } from '../wasm/runtime.ts';
import type { Laid, Placed, Step } from './graphStep.ts';
import { type Slot, Slots } from './slots.ts';

/** A gradient and the value that it belongs to. */
interface Of {
  readonly value: Placed;
  readonly at: Slot;
}

/** The backward pass of one step, with pointers of gradients; 0 for none. */
interface Back {
  readonly laid: Laid;
  readonly dy: readonly number[];
  readonly dx: readonly number[];
  readonly spare: readonly number[];
  /** Gradients of what nobody reads. */
  readonly clear: readonly Of[];
  /** Gradients of what others have read, too, to be added to theirs. */
  readonly add: readonly Of[];
}

/**
 * The backward passes of the steps of a plan. The last reader of a value writes its gradient, those before it add
 * theirs, from the last to the first. A gradient has memory from then until the step that wrote the value.
 */
export class GraphBackward {
  /** Where the gradient of each output is written. */
  readonly outputs: readonly Slot[];
  readonly #arena: MemoryArena;
  readonly #backs: readonly Back[];
  /** Gradients of outputs that are the same value as another. */
  readonly #sums: readonly Of[];

  constructor(arena: MemoryArena, steps: readonly Step[], outputs: readonly Placed[], layout: Layout) {
    this.#arena = arena;
    const slots = new Slots();
    const sums: Of[] = [];
    this.outputs = outputs.map((value) => {
      const at = slots.take(value.region.length);
      if (value.gradient) sums.push({ value, at });
      else value.gradient = at;
      return at;
    });
    this.#sums = sums;
    const backward = steps.filter(({ hasGradient }) => hasGradient).reverse();
    const taken = backward.map(({ laid, reads, writes }) => {
      const clear: Of[] = [];
      const dy = writes.map((value) => {
        if (!value.gradient) clear.push({ value, at: (value.gradient = slots.take(value.region.length)) });
        return value.gradient;
      });
      const spare = laid.spare.map((length) => slots.take(length));
      const add: Of[] = [];
      // the last input first, as the last reader
      const dx = [...reads]
        .reverse()
        .map((value) => {
          if (!value.needsGradient) return { ptr: 0, length: 0 };
          const at = slots.take(value.rows.steps * value.rows.batch * value.width);
          if (value.gradient) add.push({ value, at });
          else value.gradient = at;
          return at;
        })
        .reverse();
      for (const slot of new Set([...spare, ...add.map(({ at }) => at), ...dy])) slots.release(slot);
      return { laid, dy, dx, spare, clear, add };
    });
    if (sums.length || taken.some(({ add }) => add.length)) requireKernel(arena.kernels, 'vec_add');
    slots.place(layout, 'gradients');
    const pointers = (all: readonly Slot[]) => all.map(({ ptr }) => ptr);
    this.#backs = taken.map(({ dy, dx, spare, ...rest }) => {
      return { ...rest, dy: pointers(dy), dx: pointers(dx), spare: pointers(spare) };
    });
  }

  run(finish: boolean): void {
    for (let i = 0; i < this.#sums.length; i++) this.#add(this.#sums[i]!);
    for (let i = 0; i < this.#backs.length; i++) {
      const { laid, dy, dx, spare, clear, add } = this.#backs[i]!;
      for (let k = 0; k < clear.length; k++) {
        const { value, at } = clear[k]!;
        this.#arena.f32.fill(0, at.ptr / 4, at.ptr / 4 + value.rows.count * value.width);
      }
      laid.backward(dy, dx, spare, finish);
      for (let k = 0; k < add.length; k++) this.#add(add[k]!);
    }
  }

  #add({ value, at }: Of): void {
    const { ptr } = value.gradient!;
    this.#arena.kernels.vec_add(value.rows.count * value.width, ptr, at.ptr, ptr);
  }
}
