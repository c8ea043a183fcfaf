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
  /** All nodes. */
  readonly all: readonly Planned[];
  find(value: Value | undefined, indices?: number): Fit | undefined;
  /** Refuses what has not all directions of its features in one axis. */
  whole(fit: Fit | undefined): void;
  /** What a rule does not return: another output than the first one, or that of another node. */
  set(value: Value, fit: Fit): void;
  /** Of a layer, by name. */
  weights(layer: Layer, weights: Weights): void;
  /** Takes an axis as the steps of the input that it comes from, or refuses it: they are one axis. */
  steps(axis: string | undefined): void;
  /** A node of one of these operators that reads a value. */
  reader(value: Value | undefined, ...ops: readonly string[]): Planned | undefined;
  /** Nodes that are part of a layer. */
  skip(planned: readonly Planned[]): void;
  /** Refuses the node whose rule is asked. */
  refuse(what: string): never;
  /** Those of the values that are given, which must be constants. */
  constants(weights: readonly (Value | undefined)[]): (TensorData | undefined)[];
  /** The only number of a constant. */
  number(value: Value | undefined): number | undefined;
  /** Of a constant. */
  data(value: Value | undefined): TensorData | undefined;
}

/** What the first output of a node is in the model, or nothing if the rule has set another one; `fit`: its first input. */
export type Rule = (fitting: Fitting, planned: Planned, fit: Fit) => Fit | undefined;

/** Finds the inputs by itself; nothing of a node that reads nothing of the model. */
export type JoinRule = (fitting: Fitting, planned: Planned) => Fit | undefined;

/** What `layer` makes of both inputs. */
export function joined(fitting: Fitting, planned: Planned, layer: Add | Multiply): Fit | undefined {
  const [a, b] = planned.inputs.map((value) => fitting.find(value));
  if (!a && !b) return undefined;
  fitting.whole(a);
  fitting.whole(b);
  if (!a || !b || String(a.axes) !== String(b.axes))
    return fitting.refuse('a constant, or axes in another order');
  return { node: layer.apply(a.node, b.node), axes: a.axes };
}

/** What a node reads besides a value. */
export function otherInput(planned: Planned | undefined, value: Value | undefined): Value | undefined {
  return planned?.inputs.find((own) => own !== value);
}
