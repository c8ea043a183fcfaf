import { FormatError } from '../../errors.ts';
import type { Message } from './schema.ts';
import { readTensor } from './tensor.ts';
import type { OnnxAttribute, OnnxFunction, OnnxGraph, OnnxNode, OnnxTensor, OnnxValueInfo } from './types.ts';

export type { OnnxAttribute, OnnxFunction, OnnxGraph, OnnxNode, OnnxValueInfo } from './types.ts';

/** Attributes and captures of most nodes: an empty map is as good as an empty set. */
const NONE = /* @__PURE__ */ new Map<never, never>() as ReadonlyMap<never, never> & ReadonlySet<never>;

/** Reads a graph: its tensors, and its nodes in an order in which they can run. */
export function readGraph(graph: Message<'Graph'>, where: string): OnnxGraph {
  if (graph.sparseInitializer.length) throw new FormatError(`${where}: sparse tensors are not supported`);
  const initializers = new Map<string, OnnxTensor>();
  for (const tensor of graph.initializer) {
    initializers.set(tensor.name, readTensor(tensor, `${where}: initializer`));
  }
  const inputs = graph.input.filter(({ name }) => !initializers.has(name));
  const outputs = graph.output;
  const names = (ports: readonly OnnxValueInfo[]) => ports.map(({ name }) => name);
  const known = new Set([...initializers.keys(), ...names(inputs)]);
  return {
    name: graph.name,
    inputs,
    outputs,
    initializers,
    ...sortNodes(graph.node, known, names(outputs), where),
  };
}

/** @throws {FormatError} names that nothing computes */
export function checkCaptures(captures: Iterable<string>, where: string): void {
  for (const name of captures) throw new FormatError(`${where}: nothing computes '${name}'`);
}

/** Reads a function, and its key among those of a model. */
export function readFunction(given: Message<'Function'>): readonly [string, OnnxFunction] {
  const where = `function '${given.name}'`;
  const { nodes, captures } = sortNodes(given.node, new Set(given.input), given.output, where);
  checkCaptures(captures, where);
  const read = {
    inputs: given.input,
    outputs: given.output,
    nodes,
    attributes: readAttributes(given.attributeProto, where),
    opsets: readOpsets(given.opsetImport),
  };
  return [`${given.domain}:${given.name}`, read];
}

/** Versions by domain; '' and 'ai.onnx' are the same. */
export function readOpsets(given: readonly Message<'OperatorSet'>[]): Map<string, number> {
  return new Map(given.map(({ domain, version }) => [domainOf(domain), version]));
}

function domainOf(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** Reads an input or output. */
export function readValueInfo({ name, type }: Message<'ValueInfo'>): OnnxValueInfo {
  const tensor = type?.tensorType;
  // of the size only what the file has: 0 is one, too
  const shape = tensor?.shape?.dim.map(
    ({ dimParam, ...rest }) => dimParam || ((rest as { dimValue?: number }).dimValue ?? null),
  );
  return { name, dtype: tensor?.elemType ?? 0, shape };
}

/** Reads a node. */
export function readNode(node: Message<'Node'>): OnnxNode {
  const { opType: op, name, input: inputs, output: outputs, domain } = node;
  const attributes = readAttributes(node.attribute, nodeName({ op, name, outputs }));
  const outer = [...attributes.values()].flatMap(({ graph }) => [...(graph?.captures ?? [])]);
  return {
    op,
    domain: domainOf(domain),
    name,
    inputs,
    outputs,
    attributes,
    captures: outer.length ? new Set(outer) : NONE,
  };
}

function readAttributes(given: readonly Message<'Attribute'>[], where: string): OnnxNode['attributes'] {
  return given.length ? new Map(given.map((a) => [a.name, readAttribute(a, where)])) : NONE;
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
    if (!node.op) throw new FormatError(`${where}: ${nodeName(node)}: has no operator`);
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
