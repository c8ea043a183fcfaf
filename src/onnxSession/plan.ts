import { type Slot, Slots } from '../engine/slots.ts';
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
  readonly #places: ReadonlyMap<Value, Slot>;
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
    this.steps = needed(steps, [...outputs.values()]);
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
    this.#places = layOut(slots, this.steps, inputs, outputs);
    const scratch = Math.max(0, ...this.steps.map((step) => step.scratch));
    memory.takeSlots(slots);
    this.#work = memory.take(Math.ceil(scratch / 4));
  }

  /** Pointer to a value. */
  ptr(value: Value): number {
    const root = rootOf(value);
    return root.data ? this.#memory.place(root.data) : this.#places.get(root)!.ptr;
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

/** The steps that the outputs need. */
function needed(steps: readonly Step[], outputs: readonly Value[]): Step[] {
  const roots = new Set(outputs.map(rootOf));
  const kept: Step[] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i]!;
    if (!step.outputs.some((value) => roots.has(rootOf(value)))) continue;
    kept.push(step);
    for (const value of step.inputs) if (value) roots.add(rootOf(value));
  }
  return kept.reverse();
}

/** Places of values that are no constants, so that those alive at the same time lie apart. */
function layOut(
  slots: Slots,
  steps: readonly Step[],
  inputs: ReadonlyMap<string, Value>,
  outputs: ReadonlyMap<string, Value>,
): Map<Value, Slot> {
  const last = new Map<Value, number>();
  const use = (value: Value | undefined, at: number) => {
    const root = value && rootOf(value);
    if (root && !root.data) last.set(root, at);
  };
  for (const value of inputs.values()) use(value, 0);
  steps.forEach((step, i) => {
    for (const value of [...step.outputs, ...step.inputs]) use(value, i);
  });
  for (const value of outputs.values()) use(value, steps.length);
  const places = new Map<Value, Slot>();
  const dying: Slot[][] = [];
  const place = (value: Value) => {
    const root = rootOf(value);
    if (root.data || places.has(root)) return;
    const slot = slots.take(root.size);
    places.set(root, slot);
    (dying[last.get(root)!] ??= []).push(slot);
  };
  for (const value of inputs.values()) place(value);
  steps.forEach((step, i) => {
    step.outputs.forEach(place);
    for (const slot of dying[i] ?? []) slots.release(slot);
  });
  for (const value of outputs.values()) place(value);
  return places;
}
