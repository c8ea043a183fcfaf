import { Slots } from '../engine/slots.ts';
import { isFloat, type TensorData } from '../formats/onnx/tensor.ts';
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
  #buffer: ArrayBuffer | undefined;

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
    const constants = new Set<TensorData>();
    const read = (value: Value | undefined) => {
      const data = value && rootOf(value).data;
      if (data) constants.add(data);
    };
    for (const step of this.steps) step.inputs.forEach(read);
    for (const value of outputs.values()) read(value);
    for (const data of constants) memory.place(data);
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
  ptr(value: Value): number {
    const root = rootOf(value);
    return root.data ? this.#memory.place(root.data) : root.slot!.ptr;
  }

  /** View of an input or output, until the memory grows. */
  view(value: Value): TensorData {
    if (this.#buffer !== this.#memory.arena.f32.buffer) this.#bind();
    return this.#views.get(value)!;
  }

  run(): void {
    if (this.#buffer !== this.#memory.arena.f32.buffer) this.#bind();
    const { steps } = this;
    for (let i = 0; i < steps.length; i++) steps[i]!.run(this.#ios[i]!);
  }

  #bind(): void {
    this.#memory.commit();
    this.#ios = this.steps.map((step) => ioOf(this.#memory, step, (value) => this.ptr(value), this.#work));
    const inputs = this.inputs.filter(({ value }) => !value.data);
    for (const { value } of [...inputs, ...this.outputs]) {
      this.#views.set(value, viewOf(this.#memory, this.ptr(value), value));
    }
    this.#buffer = this.#memory.arena.f32.buffer;
  }
}

function viewOf(memory: SessionMemory, ptr: number, { dtype, size }: Value): TensorData {
  const { f32, i32 } = memory.arena;
  return (isFloat(dtype) ? f32 : i32).subarray(ptr / 4, ptr / 4 + size) as TensorData;
}

const NOTHING = /* @__PURE__ */ new Float32Array();

/** What a step reads and writes, with the values where `ptr` says. */
export function ioOf(memory: SessionMemory, step: Step, ptr: (value: Value) => number, work: number): Io {
  const { inputs, outputs } = step;
  return {
    kernels: memory.arena.kernels,
    f32: memory.arena.f32,
    x: inputs.map((value) => (value ? viewOf(memory, ptr(value), value) : NOTHING)),
    px: inputs.map((value) => (value ? ptr(value) : 0)),
    y: outputs.map((value) => viewOf(memory, ptr(value), value)),
    py: outputs.map(ptr),
    work,
  };
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
