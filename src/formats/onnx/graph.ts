import { FormatError } from '../../errors.ts';
import type { Message } from './schema.ts';
import { type OnnxTensor, readTensor } from './tensor.ts';

/** An attribute of a node. */
export interface OnnxAttribute {
  /** Value of a float attribute. */
  readonly f: number;
  /** Value of an integer attribute. */
  readonly i: number;
  /** Value of a string attribute. */
  readonly s: string;
  /** Values of a list of floats. */
  readonly floats: readonly number[];
  /** Values of a list of integers. */
  readonly ints: readonly number[];
  /** Values of a list of strings. */
  readonly strings: readonly string[];
  /** Value of a tensor attribute. */
  readonly tensor: OnnxTensor | undefined;
  /** Value of a graph attribute, such as a branch of an If. */
  readonly graph: OnnxGraph | undefined;
  /** In a function: the attribute of the call that it stands for; '' for none. */
  readonly ref: string;
}

/** A node of a graph. */
export interface OnnxNode {
  /** Operator, such as `LSTM`. */
  readonly op: string;
  /** Domain of the operator; empty for that of ONNX. */
  readonly domain: string;
  /** Name of the node; may be empty. */
  readonly name: string;
  /** Names of its inputs; '' where one is left out. */
  readonly inputs: readonly string[];
  /** Names of its outputs; empty where one is left out. */
  readonly outputs: readonly string[];
  /** Attributes by name. */
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  /** Names of outer values that its subgraphs read. */
  readonly captures: ReadonlySet<string>;
}

/** An input or output of a graph. */
export interface OnnxValueInfo {
  /** Name of the value. */
  readonly name: string;
  /** Number of its element type, 0 where the file does not say. */
  readonly dtype: number;
  /** Sizes; a name or null where one is free. undefined: the file does not say. */
  readonly shape: readonly (number | string | null)[] | undefined;
}

/** A graph: nodes that its outputs need, each after those it reads. */
export interface OnnxGraph {
  /** Name of the graph. */
  readonly name: string;
  /** Inputs without initializers. */
  readonly inputs: readonly OnnxValueInfo[];
  /** Outputs, in order. */
  readonly outputs: readonly OnnxValueInfo[];
  /** Nodes, in an order in which they can run. */
  readonly nodes: readonly OnnxNode[];
  /** Constants by name. */
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  /** Names of outer values that it reads. */
  readonly captures: ReadonlySet<string>;
}

/** A function of a model: nodes with named inputs and outputs. */
export interface OnnxFunction {
  /** Names of its inputs. */
  readonly inputs: readonly string[];
  /** Names of its outputs. */
  readonly outputs: readonly string[];
  /** Nodes, in an order in which they can run. */
  readonly nodes: readonly OnnxNode[];
  /** Default values of its attributes. */
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  /** Versions of its operator sets by domain. */
  readonly opsets: ReadonlyMap<string, number>;
}

/** Attributes and captures of most nodes: an empty map is as good as an empty set. */
const NONE = /* @__PURE__ */ new Map<never, never>() as ReadonlyMap<never, never> & ReadonlySet<never>;

/** Reads a graph: its tensors, and its nodes in an order in which they can run. */
export function readGraph(graph: Message<'Graph'>, where: string): OnnxGraph {
  if (graph.sparseInitializer.length) throw new FormatError(`${where}: sparse tensors are not supported`);
  const initializers = new Map<string, OnnxTensor>();
  for (const tensor of graph.initializer) {
    initializers.set(tensor.name, readTensor(tensor, `${where}: initializer`));
  }
  const inputs = graph.input.map(readValueInfo).filter(({ name }) => !initializers.has(name));
  const outputs = graph.output.map(readValueInfo);
  const known = new Set([...initializers.keys(), ...inputs.map(({ name }) => name)]);
  const all = graph.node.map((node) => readNode(node, where));
  const { nodes, captures } = sortNodes(
    all,
    known,
    outputs.map(({ name }) => name),
    where,
  );
  return { name: graph.name, inputs, outputs, nodes, initializers, captures };
}

/** @throws {FormatError} names that nothing computes */
export function checkCaptures(captures: Iterable<string>, where: string): void {
  for (const name of captures) throw new FormatError(`${where}: nothing computes '${name}'`);
}

/** Reads a function. */
export function readFunction(given: Message<'Function'>): OnnxFunction {
  const where = `function '${given.name}'`;
  const all = given.node.map((node) => readNode(node, where));
  const { nodes, captures } = sortNodes(all, new Set(given.input), given.output, where);
  checkCaptures(captures, where);
  return {
    inputs: given.input,
    outputs: given.output,
    nodes,
    attributes: readAttributes(given.attributeProto, () => where),
    opsets: readOpsets(given.opsetImport),
  };
}

/** Versions by domain; '' and 'ai.onnx' are the same. */
export function readOpsets(given: readonly Message<'OperatorSet'>[]): Map<string, number> {
  return new Map(given.map(({ domain, version }) => [domainOf(domain), version]));
}

function domainOf(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function readValueInfo({ name, type }: Message<'ValueInfo'>): OnnxValueInfo {
  const tensor = type?.tensorType;
  const shape = tensor?.shape?.dim.map(({ dimParam, ...rest }) => {
    if (dimParam) return dimParam;
    return 'dimValue' in rest ? (rest.dimValue as number) : null;
  });
  return { name, dtype: tensor?.elemType ?? 0, shape };
}

function readNode(node: Message<'Node'>, where: string): OnnxNode {
  const { opType, name, input, output } = node;
  const at = () => `${where}: ${nodeName({ op: opType, name, outputs: output })}`;
  if (!opType) throw new FormatError(`${at()}: has no operator`);
  const attributes = readAttributes(node.attribute, at);
  const outer = [...attributes.values()].flatMap(({ graph }) => [...(graph?.captures ?? [])]);
  return {
    op: opType,
    domain: domainOf(node.domain),
    name,
    inputs: input,
    outputs: output,
    attributes,
    captures: outer.length ? new Set(outer) : NONE,
  };
}

function readAttributes(given: readonly Message<'Attribute'>[], where: () => string): OnnxNode['attributes'] {
  return given.length ? new Map(given.map((a) => [a.name, readAttribute(a, where())])) : NONE;
}

/** A node as messages name it. */
export function nodeName({ op, name, outputs }: Pick<OnnxNode, 'op' | 'name' | 'outputs'>): string {
  return `${op} '${name || outputs.find(Boolean) || ''}'`;
}

function readAttribute(given: Message<'Attribute'>, where: string): OnnxAttribute {
  const at = `${where}, attribute '${given.name}'`;
  if (given.sparseTensor) throw new FormatError(`${at}: sparse tensors are not supported`);
  return {
    f: given.f,
    i: given.i,
    s: given.s,
    floats: given.floats,
    ints: given.ints,
    strings: given.strings,
    tensor: given.t && readTensor(given.t, at),
    graph: given.g && readGraph(given.g, at),
    ref: given.refAttrName,
  };
}

/**
 * The nodes that the outputs need, each after those it reads, and the names that nothing in the graph computes.
 * @throws {FormatError} two nodes that compute one name, a circle
 */
function sortNodes(
  all: readonly OnnxNode[],
  known: ReadonlySet<string>,
  outputs: readonly string[],
  where: string,
): { nodes: OnnxNode[]; captures: Set<string> } {
  const makers = new Map<string, number>();
  for (const [i, node] of all.entries()) {
    for (const name of node.outputs) {
      if (!name) continue;
      if (makers.has(name) || known.has(name)) throw new FormatError(`${where}: '${name}' is computed twice`);
      makers.set(name, i);
    }
  }
  const nodes: OnnxNode[] = [];
  const captures = new Set<string>();
  const stack: number[] = [];
  // of each node: 1 once it was reached, 2 once it and all that it reads is among `nodes`
  const states = new Uint8Array(all.length);
  const push = (name: string) => {
    if (!name || known.has(name)) return;
    const maker = makers.get(name);
    if (maker === undefined) captures.add(name);
    else if (states[maker] === 1)
      throw new FormatError(`${where}: ${nodeName(all[maker]!)} reads what is computed from it`);
    else if (!states[maker]) stack.push(maker);
  };
  for (const output of outputs) {
    push(output);
    while (stack.length) {
      const top = stack.at(-1)!;
      const node = all[top]!;
      if (states[top]) {
        stack.pop();
        if (states[top] === 1) nodes.push(node);
        states[top] = 2;
        continue;
      }
      states[top] = 1;
      // what it reads first is the next one
      [...node.inputs, ...node.captures].reverse().forEach(push);
    }
  }
  return { nodes, captures };
}
