import { StateError } from '../errors.ts';
import type { Layout } from '../memory/layout.ts';
import type { Sequence, Signal } from '../ndarray.ts';
import type { Graph, GraphRequest, InitialStates } from './graph.ts';
import { GraphPlan } from './graphPlan.ts';
import type { NodeShape, TimeAxis } from './join.ts';
import type { Layer } from './layer.ts';
import { Network } from './network.ts';
import type { Plan } from './plan.ts';
import { refuseGraphStream } from './refuseGraphStream.ts';
import type { Valid } from './rows.ts';
import type { StreamPlan } from './streamPlan.ts';

/** Inputs of a graph that are given before a stream of another input. */
export interface GivenInputs {
  /** Index of the input that is read step by step. */
  readonly streamed: number;
  /** By input; what is streamed has none. */
  readonly sequences: readonly (Sequence | undefined)[];
  /** Steps by axis. */
  readonly steps: readonly number[];
  /** Steps that count, by axis. */
  readonly valid: readonly (Valid | undefined)[];
}

/** The memory of a graph. */
export class GraphNetwork extends Network {
  readonly graph: Graph;
  /** What streams, and forward passes without options, start from; empty for zeros. */
  initialStates: InitialStates = {};

  /** @param prefixes of the names of each layer's parameters */
  constructor(graph: Graph, prefixes: readonly string[], seed: number, initialize: boolean) {
    const { inputs, outputs, values, layers } = graph;
    const ends = [values[inputs[0]!.value]!.shape, values[outputs[0]!.value]!.shape.size] as const;
    // of layers with several inputs the network needs only the parameters
    super(layers as readonly Layer[], prefixes, seed, initialize, [...ends]);
    this.graph = graph;
  }

  protected override lay(layout: Layout, gradients: number, request: GraphRequest): GraphPlan {
    return new GraphPlan(this, this.graph, layout, gradients, request);
  }

  /** As of `Network`, for this graph's request. */
  override prepare(request: GraphRequest): GraphPlan {
    return super.prepare(request) as GraphPlan;
  }

  /** Steps of an axis, for the given steps of each axis of `graph.axes`. */
  stepsOf(axis: TimeAxis, steps: readonly number[]): number {
    if (axis.fixed !== undefined) return axis.fixed;
    const { parent } = axis;
    if (parent) return parent.steps(this.stepsOf(parent.axis, steps));
    return steps[this.#indexOf(axis)]!;
  }

  /** Dimensions of a sequence or a vector of features, for the given steps of each axis of `graph.axes`. */
  dimensions({ axis, size }: NodeShape, steps: readonly number[], batch: number): number[] {
    return axis ? [this.stepsOf(axis, steps), batch, size] : [batch, size];
  }

  /**
   * @param limited of each axis, whether it has lengths or a mask
   * @throws {ArgumentError | ShapeError} if a sequence is too short for a layer, or has lengths that it can't process
   */
  checkSteps(steps: readonly number[], limited: readonly boolean[]): void {
    const { operations, values } = this.graph;
    for (let i = 0; i < operations.length; i++) {
      const { layer, inputs } = operations[i]!;
      const { axis } = values[inputs[0]!]!.shape;
      // 0 for what is streamed
      const count = axis && this.stepsOf(axis, steps);
      if (!count || !('checkSteps' in layer)) continue;
      let root = axis;
      while (root.parent && !root.all) root = root.parent.axis;
      layer.checkSteps?.(count, limited[this.#indexOf(root)] ?? false);
    }
  }

  /** Index of a time axis of inputs; −1 for another one. */
  #indexOf(axis: TimeAxis): number {
    const { axes } = this.graph;
    // a callback would be garbage
    for (let i = 0; i < axes.length; i++) if (axes[i]!.axis === axis) return i;
    return -1;
  }

  /**
   * Sets a plan's sequences and writes its inputs.
   * @param steps of each axis
   * @param valid steps that count of each axis
   * @throws {ArgumentError} if an index is outside the vocabulary
   */
  writeInputs(
    plan: GraphPlan,
    sequences: readonly Sequence[],
    steps: readonly number[],
    valid: readonly (Valid | undefined)[],
  ): void {
    this.written = undefined;
    plan.arrange(this.arena, steps, valid);
    for (let i = 0; i < sequences.length; i++)
      this.#write(plan, this.graph.inputs[i]!.label, i, sequences[i]!);
    this.written = plan;
  }

  /** For a graph with one input, as of `Network`. */
  override writeInput(name: string, plan: Plan, sequence: Sequence, valid?: Valid): void {
    this.written = undefined;
    (plan as GraphPlan).arrange(this.arena, [sequence.steps], [valid]);
    this.writePart(name, plan, sequence);
    this.written = plan;
  }

  /** As of `Network`, for a graph with several inputs once the others are given. */
  override takeStream(batch: number, block: number, given?: GivenInputs): StreamPlan {
    const { inputs } = this.graph;
    if (!given) {
      if (inputs.length > 1) {
        const names = inputs.map(({ name }) => name).join(', ');
        throw new StateError(`stream: of the inputs ${names} all but one must be given: stream({ given })`);
      }
      return super.takeStream(batch, block, { streamed: 0 });
    }
    const { streamed, sequences, valid } = given;
    const { axis } = inputs[streamed]!;
    const steps = given.steps.map((n, i) => (i === axis ? block : n));
    const ragged = valid.some((one) => one !== undefined);
    const taken = super.takeStream(batch, block, { streamed, axes: steps, ragged });
    const plan = taken.plan as GraphPlan;
    try {
      plan.arrange(this.arena, steps, valid);
      for (const [i, sequence] of sequences.entries())
        if (sequence) this.#write(plan, `given.${inputs[i]!.name}`, i, sequence);
      plan.ahead();
    } catch (error) {
      this.returnStream(taken);
      throw error;
    }
    return taken;
  }

  protected override streamed(steps: number, own: { readonly streamed: number }): Signal {
    const { value } = this.graph.inputs[own.streamed]!;
    refuseGraphStream(this.graph, value, steps);
    return this.graph.values[value]!.shape;
  }

  /** @param name of the input in errors */
  #write(plan: GraphPlan, name: string, input: number, { data }: Sequence): void {
    const { shape, rows, region } = plan.inputs[input]!;
    this.writeSignal(name, shape, rows, region, data);
  }
}
