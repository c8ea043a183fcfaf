import { Slots } from '../engine/slots.ts';
import { isFloat, type TensorData } from '../formats/onnx/tensor.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { begin, choose } from '../wasm/tiles.ts';
import type { SessionMemory } from './memory.ts';
import { type Io, rootOf, type Step, type Value } from './value.ts';

/** An input or output of a plan. */
export interface PlanPort {
  readonly name: string;
  readonly value: Value;
}

const portsOf = (values: ReadonlyMap<string, Value>): PlanPort[] =>
  Array.from(values, ([name, value]) => ({ name, value }));

/** Steps for one set of shapes, laid out in a session's memory, which the first run takes. */
export class Plan {
  readonly inputs: readonly PlanPort[];
  readonly outputs: readonly PlanPort[];
  readonly steps: readonly Step[];
  readonly #memory: SessionMemory;
  readonly #work: number;
  #ios: Io[] = [];
  readonly #views = new Map<Value, TensorData>();
  /** The memory that views and `#ios` are of. */
  #f32: Float32Array<ArrayBuffer> | undefined;

  constructor(
    memory: SessionMemory,
    inputs: ReadonlyMap<string, Value>,
    outputs: ReadonlyMap<string, Value>,
    steps: readonly Step[],
  ) {
    this.#memory = memory;
    this.inputs = portsOf(inputs);
    this.outputs = portsOf(outputs);
    noteLast(steps, outputs.values());
    this.steps = steps.filter(isNeeded);
    for (const value of [...this.steps.flatMap((step) => step.inputs), ...outputs.values()]) {
      const data = value && rootOf(value).data;
      if (data) memory.place(data);
    }
    for (const { kept } of this.steps) {
      for (const slot of kept) if (!slot.ptr) slot.ptr = memory.take(slot.bytes / 4);
    }
    const slots = new Slots();
    layOut(slots, steps, inputs.values(), outputs.values());
    const scratch = this.steps.reduce((most, step) => Math.max(most, step.scratch), 0);
    memory.takeSlots(slots);
    this.#work = memory.take(Math.ceil(scratch / 4));
  }

  /** Pointer to a value. */
  readonly ptr = (value: Value): number => {
    const root = rootOf(value);
    return root.data ? this.#memory.place(root.data) : root.slot!.ptr;
  };

  /** View of an input or output, until the memory grows. */
  view(value: Value): TensorData {
    this.#bind();
    let view = this.#views.get(value);
    if (!view) this.#views.set(value, (view = viewOf(this.#f32!, this.ptr(value), value)));
    return view;
  }

  /** mayTry: whether tiles may be tried afterwards, as streams must not. */
  run(mayTry: boolean): void {
    this.#bind();
    const { steps } = this;
    const since = mayTry ? begin() : 0;
    for (let i = 0; i < steps.length; i++) steps[i]!.run(this.#ios[i]!);
    choose(this.#memory.arena, since);
  }

  /** After the memory has grown. Each run calls it: without a closure, which would take memory each time. */
  #bind(): void {
    const { arena } = this.#memory;
    if (this.#f32 === arena.f32) return;
    this.#memory.commit();
    this.#f32 = arena.f32;
    this.#views.clear();
    this.#ios = [];
    for (const step of this.steps) this.#ios.push(new StepIo(this.#memory, step, this.ptr, this.#work));
  }
}

function viewOf({ buffer }: Float32Array<ArrayBuffer>, ptr: number, { dtype, size }: Value): TensorData {
  return new (isFloat(dtype) ? Float32Array : Int32Array)(buffer, ptr, size);
}

const NOTHING = /* @__PURE__ */ new Float32Array();

/** What a step reads and writes. Views are made when a step asks for them: most have enough in pointers. */
export class StepIo implements Io {
  readonly kernels: KernelCalls;
  readonly f32: Float32Array<ArrayBuffer>;
  readonly px: readonly number[];
  readonly py: readonly number[];
  readonly work: number;
  readonly #step: Step;
  #x: TensorData[] | undefined;
  #y: TensorData[] | undefined;

  /** @param ptr where a value lies */
  constructor({ arena }: SessionMemory, step: Step, ptr: (value: Value) => number, work: number) {
    this.kernels = arena.kernels;
    this.f32 = arena.f32;
    this.px = step.inputs.map((value) => (value ? ptr(value) : 0));
    this.py = step.outputs.map(ptr);
    this.work = work;
    this.#step = step;
  }

  get x(): readonly TensorData[] {
    return (this.#x ??= this.#views(this.#step.inputs, this.px));
  }

  get y(): readonly TensorData[] {
    return (this.#y ??= this.#views(this.#step.outputs, this.py));
  }

  #views(values: readonly (Value | undefined)[], pointers: readonly number[]): TensorData[] {
    return values.map((value, i) => (value ? viewOf(this.f32, pointers[i]!, value) : NOTHING));
  }
}

/** Whether the outputs need a step. */
const isNeeded = (step: Step) => step.outputs.some((value) => rootOf(value).last !== undefined);

/** Notes the last step that reads or writes each value that the outputs need, but for constants. */
function noteLast(steps: readonly Step[], outputs: Iterable<Value>): void {
  const use = (values: Iterable<Value | undefined>, at: number) => {
    for (const value of values) {
      const root = value && rootOf(value);
      if (root && !root.data) root.last ??= at;
    }
  };
  use(outputs, steps.length);
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i]!;
    if (isNeeded(step)) use([...step.outputs, ...step.inputs], i);
  }
}

/** Places of values that are no constants, so that those alive at the same time lie apart. */
function layOut(
  slots: Slots,
  steps: readonly Step[],
  inputs: Iterable<Value>,
  outputs: Iterable<Value>,
): void {
  const place = (value: Value) => {
    const root = rootOf(value);
    if (!root.data) root.slot ??= slots.take(root.size);
  };
  for (const value of inputs) place(value);
  steps.forEach((step, i) => {
    if (!isNeeded(step)) return;
    step.outputs.forEach(place);
    for (const value of [...step.outputs, ...step.inputs]) {
      const root = value && rootOf(value);
      if (root?.last !== i) continue;
      root.last = -1;
      slots.release(root.slot!);
    }
  });
  for (const value of outputs) place(value);
}
