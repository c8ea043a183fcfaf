import { entry } from '../entry.ts';
import { FormatError, UnrolledError } from '../errors.ts';
import { nodeName, type OnnxAttribute, type OnnxGraph, type OnnxNode } from '../formats/onnx/graph.ts';
import { NEWEST, type OnnxModel } from '../formats/onnx/read.ts';
import type { OnnxTensor, TensorData } from '../formats/onnx/tensor.ts';
import { checkSize } from './limits.ts';
import type { SessionMemory } from './memory.ts';
import { PlannedNode, type Planning } from './node.ts';
import { type OnnxOperators, operatorOf } from './operators.ts';
import { StepIo } from './plan.ts';
import { type Run, rootOf, type Step, type Value } from './value.ts';

/** Elements of outputs that are computed when they are planned, unless the inputs have a quarter as many. */
const MOST_FOLDED = 2 ** 16;
/** Elements of all these outputs at most, beyond as many as the file has bytes; those of few elements do not count. */
const FOLDED_ELEMENTS = 2 ** 20;
const FEW = 64;
/** Elements that may be read for each that may be made: those are copied only, about 1 ns per element. */
const READS = 16;

type Attributes = ReadonlyMap<string, OnnxAttribute>;

/** Names of values, and those around them. */
interface Scope {
  readonly values: Map<string, Value>;
  readonly outer?: Scope;
  readonly opsets: ReadonlyMap<string, number>;
  /** Attributes of the call, in a function. */
  readonly attributes: Attributes;
}

/** Makes steps of a graph whose input shapes are known; what depends only on constants is computed at once. */
export class Planner implements Planning {
  readonly steps: Step[] = [];
  final = false;
  onNode: Planning['onNode'];
  readonly #model: OnnxModel;
  readonly #operators: OnnxOperators | undefined;
  readonly memory: SessionMemory;
  readonly #tensors: Map<OnnxTensor, Value>;
  readonly #runs = new Map<string, Run>();
  #scope: Scope;
  #nodes = 0;
  #depth = 0;
  #folded = 0;
  #read = 0;

  /**
   * @param operators besides those that every session has
   * @param tensors the values of tensors of the file, so that they are the same in all plans
   */
  constructor(
    model: OnnxModel,
    operators: OnnxOperators | undefined,
    memory: SessionMemory,
    tensors = new Map<OnnxTensor, Value>(),
  ) {
    this.#model = model;
    this.#operators = operators;
    this.memory = memory;
    this.#tensors = tensors;
    this.#scope = { values: new Map(), opsets: model.opsets, attributes: new Map() };
  }

  /** Plans the model's graph; gives its outputs. */
  model(inputs: ReadonlyMap<string, Value>): Value[] {
    const { graph } = this.#model;
    return this.subgraph(
      graph,
      graph.inputs.map(({ name }) => inputs.get(name)!),
    );
  }

  subgraph(graph: OnnxGraph, inputs: readonly Value[]): Value[] {
    return this.#inside({ ...this.#scope, values: new Map(), outer: this.#scope }, () => {
      const { values } = this.#scope;
      for (const [name, tensor] of graph.initializers) values.set(name, this.#tensor(tensor));
      for (const [i, { name }] of graph.inputs.entries()) values.set(name, inputs[i]!);
      for (const node of graph.nodes) this.#node(node);
      return graph.outputs.map(({ name }) => this.#find(name));
    });
  }

  add(step: Step): void {
    const { inputs, outputs, scratch } = step;
    const [read, made] = [inputs, outputs].map((values) =>
      values.reduce((sum, value) => sum + (value && value.size > FEW ? value.size : 0), 0),
    ) as [number, number];
    const most = FOLDED_ELEMENTS + this.#model.bytes;
    if (
      inputs.every((value) => !value || rootOf(value).data) &&
      made <= Math.max(MOST_FOLDED, 4 * read) &&
      this.#folded + made + scratch / 4 <= most &&
      this.#read + read <= READS * most
    ) {
      this.#folded += made;
      this.#read += read;
      this.#fold(step);
    } else this.steps.push(step);
  }

  share(key: string, make: () => Run): Run {
    return entry(this.#runs, key, make);
  }

  #tensor(tensor: OnnxTensor): Value {
    const { dtype, shape, data } = tensor;
    return entry(this.#tensors, tensor, () => ({ dtype, shape, size: data.length, data }));
  }

  #inside(scope: Scope, plan: () => Value[]): Value[] {
    const before = this.#scope;
    this.#depth++;
    this.#scope = scope;
    try {
      return plan();
    } finally {
      this.#scope = before;
      this.#depth--;
    }
  }

  #find(name: string, node?: OnnxNode): Value {
    for (let scope: Scope | undefined = this.#scope; scope; scope = scope.outer) {
      const value = scope.values.get(name);
      if (value) return value;
    }
    throw new FormatError(`${node ? nodeName(node) : 'graph'}: nothing computes '${name}'`);
  }

  #node(node: OnnxNode): void {
    checkSize(node, this.#nodes, this.#depth);
    const inputs = node.inputs.map((name) => (name ? this.#find(name, node) : undefined));
    let outputs: readonly Value[];
    try {
      outputs = this.#outputs(node, inputs);
    } catch (error) {
      if (error instanceof UnrolledError) throw error;
      throw new FormatError(`${nodeName(node)}: ${(error as Error).message}`, { cause: error });
    }
    for (const [i, name] of node.outputs.entries()) {
      if (!name) continue;
      const value = outputs[i];
      if (!value) throw new FormatError(`${nodeName(node)}: has no output ${i}`);
      this.#scope.values.set(name, value);
    }
  }

  #outputs(node: OnnxNode, inputs: readonly (Value | undefined)[]): readonly Value[] {
    const attributes = resolve(node.attributes, this.#scope.attributes);
    const opset = this.#scope.opsets.get(node.domain) ?? 1;
    const called = this.#model.functions.get(`${node.domain}:${node.op}`);
    if (called) {
      const values = new Map(
        called.inputs.flatMap((name, i) => (inputs[i] ? [[name, inputs[i]!] as const] : [])),
      );
      const scope: Scope = {
        values,
        opsets: called.opsets,
        attributes: new Map([...called.attributes, ...attributes]),
      };
      return this.#inside(scope, () => {
        for (const inner of called.nodes) this.#node(inner);
        return called.outputs.map((name) => this.#find(name, node));
      });
    }
    return this.#plan(node, attributes, opset, inputs);
  }

  call(node: OnnxNode, inputs: readonly (Value | undefined)[]): readonly Value[] {
    return this.#plan(node, node.attributes, NEWEST, inputs);
  }

  #plan(
    node: OnnxNode,
    attributes: Attributes,
    opset: number,
    inputs: readonly (Value | undefined)[],
  ): readonly Value[] {
    this.#nodes++;
    const planned = new PlannedNode(this, node, attributes, opset, inputs);
    operatorOf(node, opset, this.#operators)(planned);
    this.onNode?.(planned);
    return planned.outputs;
  }

  /** Runs a step now: its outputs become constants. */
  #fold(step: Step): void {
    const { inputs, outputs, scratch, kept } = step;
    const { memory } = this;
    const places = new Map<Value, number>();
    let end = memory.end;
    const place = (value: Value | undefined) => {
      if (!value || places.has(rootOf(value))) return;
      places.set(rootOf(value), end);
      end += 64 * Math.ceil(value.size / 16);
    };
    inputs.forEach(place);
    outputs.forEach(place);
    const slots = kept.filter(({ ptr }) => !ptr);
    for (const slot of slots) {
      slot.ptr = end;
      end += 64 * Math.ceil(slot.bytes / 64);
    }
    memory.arena.ensure(end + scratch);
    for (const value of inputs) if (value) memory.write(places.get(rootOf(value))!, rootOf(value).data!);
    const io = new StepIo(memory, step, (value) => places.get(rootOf(value))!, end);
    step.run(io);
    for (const [i, value] of outputs.entries()) (value as { data?: TensorData }).data = io.y[i]!.slice();
    for (const slot of slots) {
      slot.ptr = 0;
      slot.ready = 0;
    }
  }
}

/** Attributes with those of the call in place of references to them. */
function resolve(own: Attributes, call: Attributes): Attributes {
  if (![...own.values()].some(({ ref }) => ref)) return own;
  const resolved = new Map<string, OnnxAttribute>();
  for (const [name, attribute] of own) {
    const value = attribute.ref ? call.get(attribute.ref) : attribute;
    if (value) resolved.set(name, value);
  }
  return resolved;
}
