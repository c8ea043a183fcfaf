import { boolean, instance, integer, number, options } from '../check.ts';
import { ArgumentError, ShapeError, Verbatim } from '../errors.ts';
import { Summarized } from '../summary.ts';
import { type JoinLayer, type NodeShape, TimeAxis } from './join.ts';
import type { Layer } from './layer.ts';

/** One use of a layer in a graph. */
export interface Use {
  readonly layer: Layer | JoinLayer;
  readonly inputs: readonly GraphNode[];
  /** Initial states by name, such as h. */
  readonly initial: Readonly<Record<string, GraphNode>>;
  /** Shape of the output. */
  readonly shape: NodeShape;
}

/** Where a node's values come from: the caller, a layer, or the last state of a recurrent layer. */
type Origin =
  | { readonly use: undefined; readonly state?: undefined; readonly maskValue?: number | undefined }
  | { readonly use: Use; readonly state: string | undefined; readonly maskValue?: undefined };

/**
 * A value of a graph that `Model` runs: an input or what a layer makes of other nodes. It has no numbers. Created by
 * `input` and by `apply` of a layer.
 */
export class GraphNode extends Summarized {
  /** @internal */
  readonly shape: NodeShape;
  /** @internal */
  readonly origin: Origin;

  /** @internal */
  constructor(shape: NodeShape, origin: Origin) {
    super();
    this.shape = shape;
    this.origin = origin;
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  toJSON(): object {
    const { kind, size, axis } = this.shape;
    const { use, state } = this.origin;
    const of = use ? `${use.layer.type}${state ? `.${state}N` : ''}` : 'input';
    return { type: 'GraphNode', of, [kind]: size, steps: axis !== undefined };
  }
}

/** Options of `input`: one of `features` and `indices`. */
export interface InputOptions {
  /** Number of features at each step. */
  readonly features?: number | undefined;
  /** Size of the vocabulary: the input is an index below it at each step. */
  readonly indices?: number | undefined;
  /** Whether it is a sequence [T, B, features]; otherwise a vector [B, features]. Default true. */
  readonly steps?: boolean | undefined;
  /**
   * Steps whose index, or all of whose features, are equal to it do not count, unless lengths or a mask are given:
   * Keras's `mask_zero` and Masking, with 0. Not for vectors. Streams read every step. Default: all steps count.
   */
  readonly maskValue?: number | undefined;
}

/**
 * An input of a graph: [T, B, features], or [T, B] indices. Each input that is a sequence has its own time axis.
 * `like`: a node of a sequence with the same number of steps and lengths, such as another input.
 *
 * @throws {ArgumentError} unless exactly one of `features` and `indices` is given, an integer of at least 1
 */
export function input(opts: InputOptions, like?: GraphNode): GraphNode {
  const given = options('input', opts, { features: true, indices: true, steps: true, maskValue: true });
  const { features, indices, maskValue } = given;
  if ((features === undefined) === (indices === undefined)) {
    throw new ArgumentError('input', 'one of features and indices', opts);
  }
  const kind = indices === undefined ? 'features' : 'indices';
  const size = integer(kind, given[kind], 1);
  const steps = boolean('steps', given.steps ?? true);
  if (maskValue !== undefined) {
    number('maskValue', maskValue);
    if (!steps) throw new ArgumentError('maskValue', 'undefined for a vector', maskValue);
  }
  if (like !== undefined) {
    instance('like', like, GraphNode, 'a node such as input({ features: 8 })');
    if (!steps || !like.shape.axis) throw new ArgumentError('like', 'a node of a sequence', like);
  }
  const axis = like?.shape.axis ?? (steps ? new TimeAxis() : undefined);
  return new GraphNode({ kind, size, axis }, { use: undefined, maskValue });
}

/**
 * The node of a layer's output.
 * @throws {ArgumentError | ShapeError} if the layer does not take what the node holds
 */
export function applyLayer(layer: Layer, node: GraphNode): GraphNode {
  return outputNode(layer, [node], outputShape(layer, node));
}

/** The node of the output of a layer with several inputs. @throws as `joined` of the layer */
export function applyJoin(layer: JoinLayer, given: readonly GraphNode[]): GraphNode {
  const nodes = [...given];
  for (const [i, node] of nodes.entries()) checkNode(`nodes[${i}]`, node);
  const shape = layer.joined(nodes.map(({ shape }) => shape));
  return outputNode(layer, nodes, shape);
}

function outputNode(layer: Layer | JoinLayer, inputs: readonly GraphNode[], shape: NodeShape): GraphNode {
  return new GraphNode(shape, { use: { layer, inputs, initial: {}, shape }, state: undefined });
}

/** @throws {ArgumentError} unless it is a node */
export function checkNode(name: string, node: unknown): asserts node is GraphNode {
  instance(name, node, GraphNode, 'a node such as input({ features: 8 })');
}

/** What a layer makes of a node. @throws as applyLayer */
export function outputShape(layer: Layer, node: GraphNode): NodeShape {
  checkNode('node', node);
  const { kind, size, axis } = node.shape;
  const wanted = layer.input ?? { kind: 'features', size };
  const name = `node (input of ${layer.type})`;
  if (kind !== wanted.kind) throw new ArgumentError(name, wanted.kind, new Verbatim(kind));
  // an index below a smaller limit is below a larger one
  if (kind === 'indices' ? size > wanted.size : size !== wanted.size) {
    throw new ShapeError(name, `${wanted.size} ${kind}`, `${size}`);
  }
  if (!axis && (layer.needsFuture || layer.reducesSteps || layer.timeAxis)) {
    throw new ArgumentError(name, 'a sequence', new Verbatim('a vector, which has no steps'));
  }
  const { timeAxis } = layer;
  return {
    kind: 'features',
    size: layer.outputSize(size),
    axis: layer.reducesSteps ? undefined : timeAxis ? axis!.derived(timeAxis) : axis,
  };
}
