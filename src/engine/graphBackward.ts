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
  /** Index of the step. */
  readonly step: number;
  readonly laid: Laid;
  /** What it reads. */
  readonly reads: readonly Placed[];
  readonly dy: readonly number[];
  readonly dx: readonly number[];
  readonly spare: readonly number[];
  /** Gradients of what nobody reads. */
  readonly clear: readonly Of[];
  /** Gradients of what others have read, too, to be added to theirs. */
  readonly add: readonly Of[];
}

/** What a backward pass is for. */
export interface Needed {
  /** Whether each step of the plan runs; whatever reads what it writes does, too. */
  readonly runs: readonly boolean[];
  /** Values whose gradients are needed. */
  readonly needed: ReadonlySet<Placed>;
}

/**
 * The backward passes of the steps of a plan. The last reader of a value writes its gradient, those before it add
 * theirs, from the last to the first. A gradient has memory from then until the step that wrote the value.
 */
export class GraphBackward {
  /** Where the gradient of each output is written. */
  readonly outputs: readonly Slot[];
  readonly #arena: MemoryArena;
  /** Of all steps with gradients. */
  readonly #all: readonly Back[];
  /** Those that run. */
  #backs: readonly Back[];
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
    const backward = [...steps.keys()].filter((step) => steps[step]!.hasGradient).reverse();
    const taken = backward.map((step) => {
      const { laid, reads, writes } = steps[step]!;
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
      return { step, laid, reads, dy, dx, spare, clear, add };
    });
    if (sums.length || taken.some(({ add }) => add.length)) requireKernel(arena.kernels, 'vec_add');
    slots.place(layout, 'gradients');
    const pointers = (all: readonly Slot[]) => all.map(({ ptr }) => ptr);
    this.#all = taken.map(({ dy, dx, spare, ...rest }) => {
      return { ...rest, dy: pointers(dy), dx: pointers(dx), spare: pointers(spare) };
    });
    this.#backs = this.#all;
  }

  /** Leaves out what is not needed; undefined: nothing. */
  train(only: Needed | undefined): void {
    if (!only) {
      this.#backs = this.#all;
      return;
    }
    const { runs, needed } = only;
    this.#backs = this.#all
      .filter(({ step }) => runs[step])
      .map(({ dx, add, ...back }) => ({
        ...back,
        dx: dx.map((ptr, i) => (needed.has(back.reads[i]!) ? ptr : 0)),
        add: add.filter(({ value }) => needed.has(value)),
      }));
  }

  run(finish: boolean): void {
    for (let i = 0; i < this.#sums.length; i++) this.#add(this.#sums[i]!);
    for (let i = 0; i < this.#backs.length; i++) {
      const { laid, dy, dx, spare, clear, add } = this.#backs[i]!;
      for (let k = 0; k < clear.length; k++) {
        const { value, at } = clear[k]!;
        this.#arena.kernels.vec_fill(value.rows.count * value.width, 0, at.ptr);
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
