import { elements } from '../allocate.ts';
import { options } from '../check.ts';
import type { Layer } from '../engine/layer.ts';
import { type GraphNode, input } from '../engine/node.ts';
import { ArgumentError, FormatError, reading, UnrolledError } from '../errors.ts';
import { nodeName } from '../formats/onnx/graph.ts';
import type { OnnxModel } from '../formats/onnx/read.ts';
import { isFloat, type TensorData } from '../formats/onnx/tensor.ts';
import { Model } from '../model/graph/model.ts';
import { SessionMemory } from '../onnxSession/memory.ts';
import type { Planned } from '../onnxSession/node.ts';
import type { OnnxOperators } from '../onnxSession/operators.ts';
import { Planner } from '../onnxSession/planner.ts';
import type { OnnxSession, ToModelOptions } from '../onnxSession/session.ts';
import { rootOf, type Value } from '../onnxSession/value.ts';
import type { Fit, Fitting, Weights } from './fit.ts';
import { JOIN_RULES, RULES, WHOLE_RULES } from './rules.ts';

/**
 * Sizes that stand for those that the file leaves free, from the first one on: no other sizes of models. What fits must do so
 * with both, so that it does not follow from a constant that is one of them.
 */
const FREE = [
  [61, 14],
  [509, 486],
];

/** Operators that give some of the numbers that they read, or their count. */
const CHOOSING = ['Gather', 'Slice', 'Size'];

/** Operators that read states of several layers: those that choose one. */
const PART_RULES = [...CHOOSING, 'Concat', 'Transpose'];

/** A model with inputs and outputs by name. */
export type LoadedModel = Model<Readonly<Record<string, GraphNode>>, Readonly<Record<string, GraphNode>>>;

/**
 * A model of layers that computes what an ONNX model does, so that it can be trained: LSTM, GRU and RNN with zero initial
 * states, Linear, Embedding, Conv1d, pooling, normalizations, activations, the last step, Reverse, Concat, Add and Multiply, as
 * PyTorch, tf2onnx and keras2onnx write them.
 * Inputs and outputs keep their names; sequences are time-major, [T, B, features], whatever the file has.
 * @throws {ArgumentError} if it is no session
 * @throws {FormatError} a graph with other nodes; the message names the first one
 */
export function toModel(session: OnnxSession, opts?: ToModelOptions): LoadedModel {
  const { seed = 0 } = options('toModel', opts, { seed: true });
  const file = reading('session', session, () => session?.file);
  if (!file?.graph) throw new ArgumentError('session', 'what loadOnnx gives', session);
  const [first, last] = FREE.map((free) => fitWith(file, session.operators, free)) as [Whole, Whole];
  const { fitted, outputs } = last;
  const other = dependent(last, first.planned);
  if (other) fitted.refuse('depends on the number of steps or rows', other);
  const model = new Model({ inputs: fitted.inputs(), outputs }, { seed });
  model.loadStateDict(fitted.stateDict(model.layers));
  return model;
}

/** A graph as it fits. */
type Whole = ReturnType<typeof fitWith>;

/**
 * A node that is another one with other sizes, or that reads what is the same with these but not with all: a condition, or a
 * number besides values of the model.
 */
function dependent({ fitted, planned }: Whole, others: readonly Planned[]): Planned | undefined {
  /** Of constants. 1: other numbers, 2: computed from such, 3: and yet the same. */
  const kinds = new Map<Value | undefined, number>();
  return planned.find(({ node: { op }, inputs, outputs }, i) => {
    const other = others[i];
    const most = Math.max(...inputs.map((value) => kinds.get(value) ?? 0));
    const isFree = most > Number(CHOOSING.includes(op));
    for (const [k, value] of outputs.entries()) {
      const [data, twin] = [value, other?.outputs[k]].map((own) => fitted.data(own));
      const differs = data?.some((n, j) => n !== twin?.[j]);
      if (data) kinds.set(value, isFree ? 3 - Number(differs) : Number(differs));
    }
    return (
      other?.node.op !== op ||
      (isFree && op === 'If') ||
      (most > 2 && inputs.some((value) => fitted.find(value)))
    );
  });
}

const isFixed = (size: string | number | null): size is number => typeof size === 'number' && size > 0;

/** Fits a graph with sizes from `start` on, `step` apart, in place of those that it leaves free: the same for the same name or place. */
function fitWith(file: OnnxModel, operators: OnnxOperators | undefined, [start, step]: readonly number[]) {
  const { graph } = file;
  const memory = new SessionMemory();
  const free = new Map<string | number, number>();
  const planned: Planned[] = [];
  const fitted = new Fitted(planned);
  const values = new Map(
    graph.inputs.map(({ name, dtype, shape = [] }) => {
      const sizes = shape.map((size, i) => {
        if (isFixed(size)) return size;
        const key = size || i;
        const own = free.get(key) ?? start! + step! * free.size;
        free.set(key, own);
        return own;
      });
      const value: Value = { dtype: dtype || 1, shape: sizes, size: elements(sizes) };
      fitted.input(name, value, shape.findLastIndex(isFixed));
      return [name, value];
    }),
  );
  const planner = new Planner(file, operators, memory);
  planner.onNode = (own) => void planned.push(own);
  const given = planner.model(values);
  memory.arena.dispose();
  for (const own of planned) fitted.node(own);
  const outputs = Object.fromEntries(
    graph.outputs.map(({ name }, i) => [name, fitted.output(name, given[i]!)]),
  );
  return { fitted, outputs, planned };
}

/** The name of the input of an axis, without its index. */
const inputOf = (axis: string) => axis.slice(0, -2);

/** Values of the graph, and their nodes in the model. */
class Fitted implements Fitting {
  readonly all: readonly Planned[];
  /** The node whose rule is asked. */
  #own: Planned | undefined;
  readonly #fits = new Map<Value, Fit>();
  readonly #inputs = new Map<Value, readonly [name: string, features: number]>();
  readonly #nodes = new Map<string, GraphNode>();
  /** Axes of steps by input. */
  readonly #steps = new Map<string, string>();
  readonly #skipped = new Set<Planned>();
  readonly #weights = new Map<Layer, Weights>();

  constructor(all: readonly Planned[]) {
    this.all = all;
  }

  /** features: index of their axis. */
  input(name: string, value: Value, features: number): void {
    this.#inputs.set(value, [name, features]);
  }

  inputs(): Record<string, GraphNode> {
    return Object.fromEntries(this.#nodes);
  }

  /** The node of a value, if it has one; an input becomes one when it is first read. */
  find(value: Value | undefined, indices?: number): Fit | undefined {
    for (let own = value; own; own = own.of) {
      const fit = this.#fits.get(own);
      if (fit) {
        if (fit.axes.length !== value!.shape.length) return undefined;
        // what is not the steps of an input is its rows
        const axes = fit.axes.map((axis) => ((this.#steps.get(inputOf(axis)) ?? axis) === axis ? axis : 'B'));
        return { ...fit, axes };
      }
      const port = this.#inputs.get(own);
      if (port) return this.#fitInput(...port, own, indices);
    }
    return undefined;
  }

  whole(fit: Fit | undefined): void {
    if (fit?.parts || fit?.half !== undefined || fit?.axes.includes('D'))
      this.refuse('directions by themselves');
  }

  set(value: Value, fit: Fit): void {
    this.#fits.set(value, fit);
  }

  weights(layer: Layer, weights: Weights): void {
    this.#weights.set(layer, weights);
  }

  steps(axis = ''): void {
    if (!axis.includes(' ')) this.refuse('not over the steps');
    this.#steps.set(inputOf(axis), axis);
  }

  reader(value: Value | undefined, ...ops: readonly string[]): Planned | undefined {
    return value && this.all.find(({ node, inputs }) => ops.includes(node.op) && inputs.includes(value));
  }

  skip(planned: readonly Planned[]): void {
    for (const own of planned) this.#skipped.add(own);
  }

  node(own: Planned): void {
    const { inputs, outputs } = own;
    const { op, domain } = own.node;
    const known = outputs.every((value) => this.data(value) || this.#fits.has(value));
    // control flow was planned node by node, constants are computed
    if (known || this.#skipped.has(own) || op === 'If' || op === 'Loop') return;
    this.#own = own;
    const fits = inputs.map((value) => this.find(value));
    const [fit] = fits;
    const join = JOIN_RULES[op];
    const rule = WHOLE_RULES[op] ?? RULES[op];
    if ((!join && !rule) || domain) {
      if (fits.some(Boolean)) this.refuse(`operator ${op} is no layer`);
      return;
    }
    if (!PART_RULES.includes(op) && fits.some((each) => each?.parts)) this.refuse('states of several layers');
    try {
      if (op in WHOLE_RULES) this.whole(fit);
      const made = join ? join(this, own) : fit && rule!(this, own, fit);
      if (made) this.set(outputs[0]!, made);
    } catch (error) {
      // a layer that does not fit its input
      if (error instanceof FormatError || !(error instanceof UnrolledError)) throw error;
      this.refuse(error.message);
    }
  }

  output(name: string, value: Value): GraphNode {
    const fit = this.find(value);
    if (
      !fit ||
      [...this.#nodes.values()].includes(fit.node) ||
      fit.half !== undefined ||
      fit.parts ||
      fit.pad
    )
      throw new FormatError(`toModel: output '${name}' is not computed by layers`);
    return fit.node;
  }

  stateDict(layers: readonly Layer[]): Record<string, Float32Array> {
    const all = layers.flatMap((layer, i) =>
      layer.parameters.map(({ name }) => [`${i}.${name}`, this.#weights.get(layer)![name] as Float32Array]),
    );
    return Object.fromEntries(all);
  }

  refuse(what: string, own = this.#own!): never {
    throw new FormatError(`toModel: ${nodeName(own.node)}: ${what}`);
  }

  constants(weights: readonly (Value | undefined)[]): (TensorData | undefined)[] {
    return weights.map((value) => {
      const data = this.data(value);
      if (value && !data) this.refuse('weights that are no constants');
      return data;
    });
  }

  number(value: Value | undefined): number | undefined {
    return value?.size === 1 ? this.data(value)?.[0] : undefined;
  }

  data(value: Value | undefined): TensorData | undefined {
    return value && rootOf(value).data;
  }

  #fitInput(name: string, features: number, value: Value, indices: number | undefined): Fit | undefined {
    const { shape, dtype } = value;
    const rank = shape.length;
    const ofIndices = indices !== undefined;
    if (rank < 2 || rank > 3 || isFloat(dtype) === ofIndices || !(ofIndices || shape[features]))
      return undefined;
    const steps = ofIndices || rank === 3;
    const axes = shape.map((_, i) => (!ofIndices && i === features ? 'F' : steps ? `${name} ${i}` : 'B'));
    const node = input(ofIndices ? { indices } : { features: shape[features]!, steps });
    this.#nodes.set(name, node);
    const fit = { node, axes };
    this.#fits.set(value, fit);
    return fit;
  }
}
