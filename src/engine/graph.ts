import { record } from '../check.ts';
import { ArgumentError, Verbatim } from '../errors.ts';
import type { JoinLayer, NodeShape, TimeAxis } from './join.ts';
import { type Layer, MAX_LAYERS } from './layer.ts';
import { checkNode, GraphNode, type Use } from './node.ts';
import type { PlanRequest } from './plan.ts';

/** Nodes by name, or a single one. */
export type Nodes = GraphNode | Readonly<Record<string, GraphNode>>;

/** A value of a graph; values are numbered. */
export interface Value {
  readonly shape: NodeShape;
  /** Numbers of the operations that read it, ascending; a state is read once more than it is an input. */
  readonly readers: number[];
}

/** One use of a layer. */
export interface Operation {
  readonly layer: Layer | JoinLayer;
  /** Index of the layer. */
  readonly place: number;
  readonly inputs: readonly number[];
  /** Values of initial states by name. */
  readonly initial: readonly (readonly [state: string, value: number])[];
  readonly output: number;
  /** Values of last states by name. */
  readonly final: readonly (readonly [state: string, value: number])[];
}

/** A value with the name under which the caller knows it. */
export interface NamedValue {
  readonly name: string;
  readonly value: number;
  /** Its name in errors: `x.source`, `y.next`, or x and y of single nodes. */
  readonly label: string;
  /** Index of its time axis among those of inputs; −1 for none. */
  readonly axis: number;
  /** Of an input: steps equal to it do not count, unless lengths or a mask are given. */
  readonly maskValue: number | undefined;
}

/** Operations in an order in which each reads what those before it wrote. */
export interface Graph {
  readonly inputs: readonly NamedValue[];
  readonly outputs: readonly NamedValue[];
  /** Whether inputs and outputs are single nodes, without names. */
  readonly single: { readonly input: boolean; readonly output: boolean };
  readonly values: readonly Value[];
  readonly operations: readonly Operation[];
  /** Each once, in depth-first order from the outputs. */
  readonly layers: readonly (Layer | JoinLayer)[];
  /** Time axes of inputs, and the name of the first input on each. */
  readonly axes: readonly { readonly axis: TimeAxis; readonly name: string }[];
}

/** States [features] by layer, state and stacked layer, such as `0.h_l0`. */
export type InitialStates = Readonly<Record<string, Float32Array<ArrayBuffer>>>;

/** Request for the plan of a graph. */
export interface GraphRequest extends PlanRequest {
  /** Steps of each time axis, in the order of `Graph.axes`. Default: `steps` for all. */
  readonly axes?: readonly number[] | undefined;
  /** Kinds of targets of each output. Default: `targets` for all. */
  readonly kinds?: readonly PlanRequest['targets'][] | undefined;
  /** Of a stream: index of the input that is read step by step; the others are given before. Default 0. */
  readonly streamed?: number | undefined;
}

/**
 * The graph from inputs to outputs.
 * @throws {ArgumentError} if they are not nodes or not connected, or the nodes form a cycle
 */
export function graphOf(givenInputs: Nodes, givenOutputs: Nodes): Graph {
  const inputs = namedNodes('inputs', givenInputs);
  const outputs = namedNodes('outputs', givenOutputs);
  const values: Value[] = [];
  const numbers = new Map<GraphNode, number>();
  const number = (node: GraphNode): number => {
    let found = numbers.get(node);
    if (found === undefined) {
      numbers.set(node, (found = values.length));
      values.push({ shape: node.shape, readers: [] });
    }
    return found;
  };
  for (const { name, node } of inputs) {
    if (node.origin.use) throw new ArgumentError(`inputs${name}`, 'a node created by input()', node);
    if (numbers.has(node)) throw new ArgumentError(`inputs${name}`, 'a node that is listed once', node);
    number(node);
  }
  const uses = usesOf(
    outputs.map(({ node }) => node),
    (node) => numbers.has(node),
  );
  const finals = new Map<Use, GraphNode[]>();
  for (const { nodes } of uses.values()) {
    for (const node of nodes) {
      const { use, state } = node.origin;
      if (use && state) finals.set(use, [...(finals.get(use) ?? []), node]);
    }
  }
  const layers: (Layer | JoinLayer)[] = [];
  const operations: Operation[] = [...uses].map(([use, { output }], k) => {
    if (!layers.includes(use.layer)) layers.push(use.layer);
    const read = (node: GraphNode) => {
      const value = number(node);
      values[value]!.readers.push(k);
      return value;
    };
    return {
      layer: use.layer,
      place: layers.indexOf(use.layer),
      inputs: use.inputs.map(read),
      initial: Object.entries(use.initial).map(([state, node]) => [state, read(node)] as const),
      output: output ? number(output) : values.push({ shape: use.shape, readers: [] }) - 1,
      final: (finals.get(use) ?? []).map((node) => [node.origin.state!, number(node)] as const),
    };
  });
  if (layers.length > MAX_LAYERS) {
    throw new ArgumentError('outputs', `at most ${MAX_LAYERS} layers`, new Verbatim(`${layers.length}`));
  }
  for (const [v, { name, node }] of inputs.entries()) {
    if (values[v]!.readers.length === 0)
      throw new ArgumentError(`inputs${name}`, 'an input that an output depends on', node);
  }
  const axes: { axis: TimeAxis; name: string }[] = [];
  for (const { name, node } of inputs) {
    const { axis } = node.shape;
    if (axis && !axes.some((one) => one.axis === axis)) axes.push({ axis, name: name.slice(1) || 'x' });
  }
  const found = new Set<number>();
  const plain = (all: readonly Named[], single: string, argument: string) =>
    all.map(({ name, node }) => ({
      name: name.slice(1) || single,
      value: numbers.get(node)!,
      label: argument + name,
      axis: axes.findIndex(({ axis }) => axis === node.shape.axis),
      maskValue: node.origin.maskValue,
    }));
  for (const { name, node } of outputs) {
    const value = numbers.get(node)!;
    if (value < inputs.length) throw new ArgumentError(`outputs${name}`, 'the output of a layer', node);
    if (found.has(value)) throw new ArgumentError(`outputs${name}`, 'a node that is listed once', node);
    found.add(value);
  }
  return {
    inputs: plain(inputs, 'x', 'x'),
    outputs: plain(outputs, 'output', 'y'),
    single: { input: givenInputs instanceof GraphNode, output: givenOutputs instanceof GraphNode },
    values,
    operations,
    layers,
    axes,
  };
}

interface Named {
  /** Empty for a single node, otherwise a dot and the name. */
  readonly name: string;
  readonly node: GraphNode;
}

function namedNodes(argument: string, given: Nodes): Named[] {
  if (given instanceof GraphNode) return [{ name: '', node: given }];
  const expected = 'a node, or an object of nodes by name';
  const entries = Object.entries(record(argument, given, expected));
  if (!entries.length) throw new ArgumentError(argument, expected, given);
  return entries.map(([name, node]) => {
    if (name === '') throw new ArgumentError(argument, 'names of at least one character', name);
    checkNode(`${argument}.${name}`, node);
    return { name: `.${name}`, node };
  });
}

/** Nodes of a use that are reached. */
interface Reached {
  output: GraphNode | undefined;
  readonly nodes: Set<GraphNode>;
}

/**
 * The uses of layers that nodes depend on, each after those that it depends on: depth-first, inputs before states.
 * @throws {ArgumentError} if an input is not listed, or the nodes form a cycle
 */
function usesOf(outputs: readonly GraphNode[], isListed: (node: GraphNode) => boolean): Map<Use, Reached> {
  const done = new Map<Use, Reached>();
  const reached = new Map<Use, Reached>();
  // an own stack: graphs may be deeper than the engine's
  const stack: { readonly use: Use; readonly next: Iterator<GraphNode> }[] = [];
  const visit = (node: GraphNode): void => {
    const { use, state } = node.origin;
    if (!use) {
      if (isListed(node)) return;
      throw new ArgumentError('inputs', 'all inputs that the outputs depend on', new Verbatim('not all'));
    }
    let found = reached.get(use);
    const isNew = !found;
    if (!found) reached.set(use, (found = { output: undefined, nodes: new Set() }));
    found.nodes.add(node);
    if (!state) found.output = node;
    if (isNew) stack.push({ use, next: [...use.inputs, ...Object.values(use.initial)].values() });
    else if (!done.has(use)) throw new ArgumentError('outputs', 'a graph without cycles', node);
  };
  for (const output of outputs) {
    visit(output);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const { value, done: end } = top.next.next();
      if (end) {
        done.set(top.use, reached.get(top.use)!);
        stack.pop();
      } else visit(value);
    }
  }
  return done;
}
