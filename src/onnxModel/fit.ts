import type { Layer } from '../engine/layer.ts';
import type { GraphNode } from '../engine/node.ts';
import type { TensorData } from '../formats/onnx/tensor.ts';
import type { Add, Multiply } from '../layers/joinLayers.ts';
import type { Planned } from '../onnxSession/node.ts';
import type { Value } from '../onnxSession/value.ts';

/** What a value of the graph is in the model: axes are named after those of the input, 'F' features, 'D' directions, 'B' rows. */
export interface Fit {
  readonly node: GraphNode;
  readonly axes: readonly string[];
  /** One direction of two. */
  readonly half?: number | undefined;
  /** Of one direction its last output, that of the reverse one at the first step. */
  readonly last?: boolean | undefined;
  /** Whether it is the output of a bidirectional layer, whose last step is not the state. */
  readonly both?: boolean | undefined;
  /** States of several layers, one after the other along 'D'. */
  readonly parts?: readonly Omit<Fit, 'axes'>[] | undefined;
  /** Zeros before and after the steps, which a convolution adds. */
  readonly pad?: readonly [before: number, after: number] | undefined;
}

export type Weights = Readonly<Record<string, TensorData | undefined>>;

/** What rules ask of the model that is made. */
export interface Fitting {
  find(value: Value | undefined, indices?: number): Fit | undefined;
  set(value: Value, fit: Fit): void;
  /** Of a layer, by name. */
  weights(layer: Layer, weights: Weights): void;
  /** Takes an axis as the steps of the input that it comes from, or refuses it: they are one axis. */
  steps(planned: Planned, axis: string | undefined): void;
  /** Nodes that are part of a layer. */
  skip(planned: readonly Planned[]): void;
  refuse(planned: Planned, what: string): never;
  /** Of a constant. */
  data(value: Value | undefined): TensorData | undefined;
}

/** Makes of a node what it is in the model; a node that reads nothing of the model is left out. */
export type Rule = (fitting: Fitting, planned: Planned, all: readonly Planned[]) => void;

/** The node of a value, if it has one; what has not all directions of its features in one axis is refused. */
export function whole(fitting: Fitting, planned: Planned, value: Value | undefined): Fit | undefined {
  const fit = fitting.find(value);
  if (fit?.parts || fit?.half !== undefined || fit?.axes.includes('D'))
    fitting.refuse(planned, 'directions by themselves');
  return fit;
}

/** Gives an output the node that `layer` makes of both inputs. */
export function joined(fitting: Fitting, planned: Planned, layer: Add | Multiply): void {
  const [a, b] = planned.inputs.map((value) => whole(fitting, planned, value));
  if (!a && !b) return;
  if (!a || !b || String(a.axes) !== String(b.axes))
    fitting.refuse(planned, 'a constant, or axes in another order');
  fitting.set(planned.outputs[0]!, { node: layer.apply(a.node, b.node), axes: a.axes });
}

/** A node of one of these operators that reads a value. */
export function reader(
  all: readonly Planned[],
  value: Value | undefined,
  ...ops: readonly string[]
): Planned | undefined {
  return value && all.find(({ node, inputs }) => ops.includes(node.op) && inputs.includes(value));
}

/** What a node reads besides a value. */
export function otherInput(planned: Planned | undefined, value: Value | undefined): Value | undefined {
  return planned?.inputs.find((own) => own !== value);
}
