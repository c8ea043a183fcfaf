import { FormatError } from '../errors.ts';
import { nodeName, type OnnxAttribute, type OnnxGraph, type OnnxNode } from '../formats/onnx/graph.ts';
import { DTYPES } from '../formats/onnx/schema.ts';
import { elements, isFloat, type OnnxTensor, type TensorData } from '../formats/onnx/tensor.ts';
import type { SessionMemory } from './memory.ts';
import { type Kept, type Run, rootOf, type Step, type Value } from './value.ts';

/** A plan needs the values of a tensor that only a run knows. */
export class NeedsValues extends FormatError {}

/** What a node of a graph asks of the plan that it becomes part of. */
export interface Planning {
  /** Whether all values that can be known before a run are. */
  readonly final: boolean;
  /** All steps so far. */
  readonly steps: Step[];
  /** Called for each node that is planned. */
  onNode: ((planned: PlannedNode) => void) | undefined;
  add(step: Step): void;
  readonly memory: SessionMemory;
  /** What steps of the plan do that are alike: made once for each key. */
  share(key: string, make: () => Run): Run;
  /** Plans a subgraph with the given inputs; gives its outputs. */
  subgraph(graph: OnnxGraph, inputs: readonly Value[]): Value[];
  /** Plans a node of the newest operator set; gives its outputs. */
  call(node: OnnxNode, inputs: readonly (Value | undefined)[]): readonly Value[];
}

/** Attributes of a node that another one is made of. */
export type CallAttributes = Readonly<
  Record<string, number | string | readonly number[] | readonly string[]>
>;

function attributesOf(given: CallAttributes): ReadonlyMap<string, OnnxAttribute> {
  // an operator reads the field that its attribute has
  const one = (v: unknown) =>
    ({ f: v, i: v, s: v, floats: v, ints: v, strings: v, ref: '' }) as OnnxAttribute;
  return new Map(Object.entries(given).map(([name, v]) => [name, one(v)]));
}

/** A list of int64 or float32 that is known. */
export function known(
  values: ArrayLike<number>,
  dtype: number = DTYPES.int64,
  shape = [values.length],
): Value {
  const data = newData(dtype, values.length);
  data.set(values);
  return { dtype, shape, size: values.length, data };
}

const NONE: readonly never[] = [];

/** A node while it is planned: its inputs, attributes and outputs. */
export class PlannedNode {
  readonly node: OnnxNode;
  /** Version of the operator set. */
  readonly opset: number;
  readonly inputs: readonly (Value | undefined)[];
  outputs: readonly Value[] = NONE;
  readonly planning: Planning;
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;

  constructor(
    planning: Planning,
    node: OnnxNode,
    attributes: ReadonlyMap<string, OnnxAttribute>,
    opset: number,
    inputs: readonly (Value | undefined)[],
  ) {
    this.planning = planning;
    this.node = node;
    this.opset = opset;
    this.inputs = inputs;
    this.attributes = attributes;
  }

  /** The same node with other inputs, and outputs of its own. */
  withInputs(inputs: readonly (Value | undefined)[]): PlannedNode {
    return new PlannedNode(this.planning, this.node, this.attributes, this.opset, inputs);
  }

  /** As messages name it. */
  get where(): string {
    return nodeName(this.node);
  }

  has(name: string): boolean {
    return this.attributes.has(name);
  }

  int(name: string, absent: number): number {
    return this.attributes.get(name)?.i ?? absent;
  }

  float(name: string, absent: number): number {
    return this.attributes.get(name)?.f ?? absent;
  }

  text(name: string, absent: string): string {
    return this.attributes.get(name)?.s ?? absent;
  }

  /** A text that is one of `allowed`; the first of them where it is left out. */
  oneOf(name: string, allowed: readonly string[]): string {
    const given = this.text(name, allowed[0]!);
    if (!allowed.includes(given)) this.fail(`${name} ${given}: expected one of ${allowed}`);
    return given;
  }

  ints(name: string): readonly number[] | undefined {
    return this.attributes.get(name)?.ints;
  }

  floats(name: string): readonly number[] | undefined {
    return this.attributes.get(name)?.floats;
  }

  texts(name: string): readonly string[] | undefined {
    return this.attributes.get(name)?.strings;
  }

  tensor(name: string): OnnxTensor | undefined {
    return this.attributes.get(name)?.tensor;
  }

  graph(name: string): OnnxGraph {
    return this.attributes.get(name)?.graph ?? this.fail(`has no graph '${name}'`);
  }

  /** An input that must be there. */
  input(i: number): Value {
    return this.inputs[i] ?? this.fail(`lacks input ${i}`);
  }

  /** An input that must be there, of this shape. */
  shaped(i: number, shape: readonly number[]): Value {
    const value = this.input(i);
    if (String(value.shape) !== String(shape))
      this.fail(`input ${i}: expected [${shape}], got [${value.shape}]`);
    return value;
  }

  /** The values of an input that must be there, and known before a run. */
  constant(i: number): TensorData {
    const { data } = rootOf(this.input(i));
    if (!data) throw new NeedsValues(`${this.where}: input ${i} ('${this.node.inputs[i]}') depends on data`);
    return data;
  }

  /** An attribute of older opsets that became an input: integers. */
  sizes(name: string, i: number): readonly number[] | undefined {
    return this.ints(name) ?? (this.inputs[i] ? Array.from(this.constant(i)) : undefined);
  }

  /** An axis as a number from 0 to rank − 1. */
  axis(given: number, rank: number): number {
    if (!(given >= -rank && given < rank)) this.fail(`axis ${given} of ${rank} dimensions`);
    return given < 0 ? given + rank : given;
  }

  /** Adds an output. */
  output(shape: readonly number[], dtype = this.input(0).dtype): Value {
    return this.#add(dtype, shape);
  }

  #add(dtype: number, shape: readonly number[], own?: Partial<Value>): Value {
    const size = elements(shape, (what) => new FormatError(`${this.where}: ${what}`));
    // fields that come later would lie in an array of their own
    const value: Value = { dtype, shape, size, last: undefined, slot: undefined, ...own };
    // an array that grows has room for 16 more
    this.outputs = this.outputs.concat(value);
    return value;
  }

  /** Adds an output with the values of `value` in its order. */
  alias(value: Value, shape: readonly number[] = value.shape, dtype = value.dtype): void {
    const { size } = this.#add(dtype, shape, { of: value, root: rootOf(value) });
    if (size !== value.size) this.fail(`[${value.shape}] can't become [${shape}]`);
  }

  /** Adds an output that is a constant. */
  fixed(data: TensorData, shape: readonly number[], dtype: number): void {
    this.#add(dtype, shape, { data });
  }

  /** A constant made of `value`, or undefined if that is not a constant. */
  derived(value: Value, name: string, shape: readonly number[], make: (from: TensorData) => TensorData) {
    const { data } = rootOf(value);
    if (!data) return undefined;
    const made = this.planning.memory.derive(data, name, () => make(data));
    return { dtype: value.dtype, shape, size: made.length, data: made } satisfies Value;
  }

  /** Plans `op` of ONNX's own domain, which this node is made of. */
  calls(op: string, inputs: readonly (Value | undefined)[], given: CallAttributes = {}, count = 1): Value[] {
    const { name, outputs } = this.node;
    const own = { ...this.node, op, domain: '', name: name || outputs[0]!, attributes: attributesOf(given) };
    const names = { inputs: inputs.map(() => ''), outputs: new Array<string>(count).fill(op) };
    return [...this.planning.call({ ...own, ...names }, inputs)];
  }

  /** As `calls`, of one output. */
  call(op: string, inputs: readonly (Value | undefined)[], attributes?: CallAttributes): Value {
    return this.calls(op, inputs, attributes)[0]!;
  }

  /** Adds the step that computes the outputs from the inputs (by default those of the node). */
  step(
    run: Run,
    opts: {
      scratch?: number | undefined;
      inputs?: readonly (Value | undefined)[] | undefined;
      kept?: readonly Kept[] | undefined;
      outputs?: readonly Value[] | undefined;
    } = {},
  ): void {
    const { scratch = 0, inputs = this.inputs, kept = NONE, outputs = this.outputs } = opts;
    this.planning.add({ inputs, outputs, scratch, kept, run });
  }

  fail(what: string): never {
    throw new FormatError(`${this.where} (opset ${this.opset}): ${what}`);
  }
}

/** A node that was planned. */
export type Planned = PlannedNode;

/** An operator: plans a node. */
export type Operator = (node: PlannedNode) => void;

/** Operators by name. */
export type Operators = Readonly<Record<string, Operator>>;

/** New memory for values of an element type. */
export function newData(dtype: number, size: number): TensorData {
  return isFloat(dtype) ? new Float32Array(size) : new Int32Array(size);
}
