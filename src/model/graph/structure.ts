import type { Graph, Nodes } from '../../engine/graph.ts';
import type { JoinLayer } from '../../engine/join.ts';
import type { Layer } from '../../engine/layer.ts';
import { applyJoin, applyLayer, type GraphNode, type InputOptions, input } from '../../engine/node.ts';
import { ArgumentError, FormatError } from '../../errors.ts';
import { GraphRecurrent } from '../../layers/recurrent/graphRecurrent.ts';

/** Inputs and outputs of a `Model`: single nodes, or nodes by name. */
export interface ModelNodes<Inputs extends Nodes = Nodes, Outputs extends Nodes = Nodes> {
  /** Nodes created by `input`. */
  readonly inputs: Inputs;
  /** Nodes created by `apply`. */
  readonly outputs: Outputs;
}

/** A value: the index of an input; or that of a use, and the name of one of its last states. */
type Reference = number | readonly [use: number, state?: string];

/** A graph as JSON; layers are listed separately. */
export interface Structure {
  readonly inputs: readonly (InputOptions & {
    readonly name?: string | undefined;
    readonly steps: boolean;
    /** Index of the first input on the same time axis, if it is another one. */
    readonly like?: number | undefined;
  })[];
  readonly uses: readonly {
    /** Index of the layer. */
    readonly layer: number;
    readonly inputs: readonly Reference[];
    /** By name, such as h. */
    readonly initial?: Readonly<Record<string, Reference>> | undefined;
  }[];
  readonly outputs: readonly { readonly name?: string | undefined; readonly of: Reference }[];
}

/** How the layers of a graph are connected. */
export function structureOf({ inputs, outputs, single, values, operations }: Graph): Structure {
  const references = new Map<number, Reference>(inputs.map(({ value }, i) => [value, i]));
  for (const [i, { output, final }] of operations.entries()) {
    references.set(output, [i]);
    for (const [state, value] of final) references.set(value, [i, state]);
  }
  const of = (value: number) => references.get(value)!;
  return {
    inputs: inputs.map(({ name, value, maskValue }, i) => {
      const { kind, size, axis } = values[value]!.shape;
      const first = axis ? inputs.findIndex((one) => values[one.value]!.shape.axis === axis) : i;
      return {
        ...(single.input ? {} : { name }),
        [kind]: size,
        steps: axis !== undefined,
        ...(first < i ? { like: first } : {}),
        ...(maskValue === undefined ? {} : { maskValue }),
      };
    }),
    uses: operations.map(({ place, inputs, initial }) => ({
      layer: place,
      inputs: inputs.map(of),
      ...(initial.length ? { initial: Object.fromEntries(initial.map(([state, v]) => [state, of(v)])) } : {}),
    })),
    outputs: outputs.map(({ name, value }) => ({ ...(single.output ? {} : { name }), of: of(value) })),
  };
}

/**
 * The nodes of a graph from a file.
 * @throws {FormatError | ArgumentError | ShapeError} if it is not a graph, or the layers do not fit it
 */
export function nodesOf(graph: unknown, layers: readonly (Layer | JoinLayer)[]): ModelNodes {
  const { inputs, uses, outputs } = (graph ?? {}) as Structure;
  for (const [name, list] of Object.entries({ inputs, uses, outputs })) {
    if (!Array.isArray(list) || !list.every((each) => each instanceof Object))
      throw new FormatError(`saved model: graph.${name} is not a list of objects`);
  }
  const at = <T>(name: string, list: readonly T[], index: unknown): T => {
    if (typeof index === 'number' && index in list) return list[index]!;
    throw new ArgumentError(name, `an index into a list of ${list.length}`, index);
  };
  const read: GraphNode[] = [];
  for (const { name: _, like, ...rest } of inputs)
    read.push(input(rest, like === undefined ? undefined : at('like', read, like)));
  const made: GraphNode[] = [];
  const nodeOf = (reference: Reference): GraphNode => {
    if (!Array.isArray(reference)) return at('graph input', read, reference);
    const [use, state] = reference as readonly [number, string?];
    const node = at('graph use', made, use);
    if (state === undefined) return node;
    const last = (node as unknown as Record<string, GraphNode | undefined>)[`${state}N`];
    if (!last) throw new ArgumentError('graph state', 'a state of the layer', state);
    return last;
  };
  for (const { layer: place, inputs: from, initial } of uses) {
    const layer = at('graph layer', layers, place);
    if (!Array.isArray(from)) throw new ArgumentError('graph inputs', 'a list', from);
    const nodes = from.map(nodeOf);
    if ('joins' in layer) made.push(applyJoin(layer, nodes));
    else if (nodes.length !== 1) throw new ArgumentError('graph inputs', 'one node', nodes.length);
    else if (layer instanceof GraphRecurrent) {
      const states = Object.entries(initial ?? {}).map(([state, v]) => [`${state}0`, nodeOf(v)]);
      made.push(layer.apply(nodes[0]!, Object.fromEntries(states)));
    } else made.push(applyLayer(layer, nodes[0]!));
  }
  const named = (
    list: readonly { readonly name?: string | undefined }[],
    nodes: readonly GraphNode[],
  ): Nodes => {
    if (nodes.length === 1 && list[0]!.name === undefined) return nodes[0]!;
    const found: Record<string, GraphNode> = Object.create(null);
    for (const [i, { name }] of list.entries()) {
      if (typeof name !== 'string' || name in found)
        throw new ArgumentError('graph name', 'a name of its own', name);
      found[name] = nodes[i]!;
    }
    return found;
  };
  const ends = outputs.map(({ of }) => nodeOf(of));
  return { inputs: named(inputs, read), outputs: named(outputs, ends) };
}
