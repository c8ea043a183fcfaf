import { elements, floats } from '../../allocate.ts';
import { boolean, integer, options, reading } from '../../check.ts';
import { readRows, writeRows } from '../../engine/batchIO.ts';
import { checkTied } from '../../engine/checkTied.ts';
import { type Graph, graphOf, type Nodes } from '../../engine/graph.ts';
import { GraphNetwork } from '../../engine/graphNetwork.ts';
import type { GraphPlan } from '../../engine/graphPlan.ts';
import type { Layer } from '../../engine/layer.ts';
import { UNINITIALIZED } from '../../engine/network.ts';
import type { GraphNode } from '../../engine/node.ts';
import { ArgumentError, StateError, Verbatim } from '../../errors.ts';
import { checkLayerNames } from '../../layers/layerName.ts';
import { type Given, type NDArray, readShaped } from '../../ndarray.ts';
import { checkFree, ModelBase, type PlanOptions, type PlanReport, planReport } from '../core/modelBase.ts';
import { readModel } from '../core/save.ts';
import type { SequentialOptions } from '../core/sequentialBase.ts';
import type { StreamOptions } from '../core/streamBase.ts';
import { merged, withMetadata } from '../files.ts';
import { type LoadOptions, layerMaker } from '../registry.ts';
import { Stream } from '../stream.ts';
import { graphTable } from '../summaryTable.ts';
import type { GraphSteps } from './countedSteps.ts';
import { emptyFed, type Fed, readInputs } from './feed.ts';
import { GIVEN, type GivenOptions, readGiven } from './given.ts';
import { checkRecord, type Named, pick } from './named.ts';
import { type ModelNodes, nodesOf, structureOf } from './structure.ts';

/** Values for nodes: one for a single node, otherwise by name. */
export type ValuesOf<N extends Nodes, T> = N extends GraphNode ? T : { readonly [K in keyof N]: T };

/** Options of `forward` of a `Model`. */
export interface GraphForwardOptions extends GraphSteps {
  /** Keep what `backward` needs. Default false. */
  readonly training?: boolean | undefined;
}

/** Options of `stream` of a `Model`. */
export interface GraphStreamOptions extends StreamOptions, GivenOptions {}

/** Options of `Model.plan`. */
export interface GraphPlanOptions extends Omit<PlanOptions, 'steps'> {
  /** T of all time axes, or by input. */
  readonly steps: Named<number>;
}

/**
 * A graph of layers from inputs to outputs, as Keras's functional API. Parameters of a layer have its index in
 * depth-first order from the outputs as prefix, as in `Sequential` for a chain: `0.weight`; or its `name`. A layer that is applied
 * several times has one set of parameters. The model owns one WebAssembly memory.
 */
export class Model<Inputs extends Nodes = Nodes, Outputs extends Nodes = Nodes> extends ModelBase {
  declare readonly network: GraphNetwork;
  /** Metadata that `save` writes, such as a vocabulary; `load` reads them. */
  metadata: Readonly<Record<string, string>> = {};
  #read: Fed | undefined;
  #last: { readonly plan: GraphPlan; readonly steps: readonly number[] } | undefined;

  /**
   * @throws {ArgumentError} if a node is not a node, an input is not used or not listed, two layers have the same name, or the seed is invalid
   * @throws {StateError} before `init()`, or if a layer is part of another model
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(nodes: ModelNodes<Inputs, Outputs>, opts?: SequentialOptions) {
    const initialize = opts !== UNINITIALIZED;
    const { seed = 0 } = options('Model', opts, { seed: true });
    const given = options('Model', nodes, { inputs: true, outputs: true });
    const graph = graphOf(given.inputs, given.outputs);
    const layers = graph.layers as readonly Layer[];
    for (const [i, layer] of layers.entries()) checkFree(`layers[${i}]`, layer);
    checkTied(layers);
    checkLayerNames(layers);
    const prefixes = layers.map(({ name }, i) => `${name ?? i}.`);
    super(layers, () => new GraphNetwork(graph, prefixes, seed, initialize));
  }

  /** @internal */
  get graph(): Graph {
    return this.network.graph;
  }

  /**
   * Runs the graph from zero states. Sequences are [T, B] indices or [T, B, features], vectors [B] or [B, features];
   * several inputs are given by name. Returns the outputs, by name if there are several; zeros at steps that do not
   * count. `lengths` and `mask` are those of the only time axis, or by input.
   *
   * @throws {ArgumentError} if x is not numeric, a name is missing or unknown, an index is outside the vocabulary, or
   * a length is outside 0..T
   * @throws {ShapeError} if a rank, shape or length does not match, or inputs differ in the batch
   * @throws {MemoryError} beyond 2 GiB
   */
  forward(x: ValuesOf<Inputs, Given>, opts?: GraphForwardOptions): ValuesOf<Outputs, NDArray> {
    const given = options('forward', opts, { training: true, lengths: true, mask: true });
    const training = boolean('training', given.training ?? false);
    const { network } = this;
    const { arena, graph } = network;
    return network.during('forward', () => {
      const { batch, sequences, steps, counted } = readInputs(this.#fed(), network, x, given);
      const request = {
        steps: steps[0] ?? 1,
        batch,
        training,
        targets: 'none',
        ragged: counted.ragged,
        axes: steps,
      } as const;
      const plan = network.prepare(request);
      const results = graph.outputs.map(({ value }) => {
        const shape = network.dimensions(graph.values[value]!.shape, steps, batch);
        return { data: floats(elements(shape)), shape };
      });
      network.writeInputs(plan, sequences, steps, counted.valid);
      for (const { initial } of plan.states) arena.clear(initial);
      if (opts === undefined) plan.startRows(0, batch);
      if (training) plan.begin();
      plan.forward();
      this.#last = training ? { plan, steps: [...steps] } : undefined;
      // the caller's arrays are not kept
      for (const sequence of sequences) sequence.data = [];
      for (const [i, { data }] of results.entries()) {
        const { rows, region, shape } = plan.outputs[i]!;
        readRows(arena, rows, region, shape.size, data);
      }
      return this.#named(graph.outputs, graph.single.output, results) as ValuesOf<Outputs, NDArray>;
    });
  }

  /**
   * Backpropagation through the last `forward`, which must have been called with `training: true`, from the gradients
   * with respect to its outputs; those that are left out are zeros. Parameter gradients are accumulated. Returns the
   * gradients with respect to the inputs; undefined for indices.
   *
   * @throws {StateError} without such a forward, or if called twice after one
   * @throws {ArgumentError} if a name is unknown
   * @throws {ShapeError} if the shape of a gradient does not match
   */
  backward(
    outputGradients: Outputs extends GraphNode ? Given : Partial<ValuesOf<Outputs, Given>>,
  ): ValuesOf<Inputs, NDArray | undefined> {
    const { network } = this;
    const { arena, graph } = network;
    return network.during('backward', () => {
      const { plan, steps } = this.#last ?? {};
      if (!plan || !steps || !network.holds(plan))
        throw new StateError('backward: call forward with { training: true } before each backward');
      const { outputs, inputs, single } = graph;
      checkRecord('outputGradients', outputGradients, outputs, single.output, true);
      const gradients = plan.outputs.map((output, i) => {
        const { name } = outputs[i]!;
        const label = single.output ? 'outputGradients' : `outputGradients.${name}`;
        const given = pick(label, outputGradients, name, single.output) as Given | undefined;
        const shape = network.dimensions(output.shape, steps, plan.batch);
        return given === undefined && !single.output ? undefined : readShaped(label, given!, shape);
      });
      const results = plan.inputs.map((input) => {
        const shape = network.dimensions(input.shape, steps, plan.batch);
        return input.shape.kind === 'features' ? { data: floats(elements(shape)), shape } : undefined;
      });
      this.#last = undefined;
      for (const [i, { rows, gradient, shape }] of plan.outputs.entries()) {
        const given = gradients[i];
        if (given) writeRows(arena, rows, gradient, given, shape.size);
        else arena.clear(gradient);
      }
      for (const { gradient } of plan.states) if (gradient) arena.clear(gradient);
      plan.backward(true);
      for (const [i, result] of results.entries()) {
        const { rows, gradient, shape } = plan.inputs[i]!;
        if (result) readRows(arena, rows, gradient!, shape.size, result.data);
      }
      return this.#named(inputs, single.input, results) as ValuesOf<Inputs, NDArray | undefined>;
    });
  }

  /**
   * Creates a stream: inference step by step, keeping the states. With several inputs all but one are given: what
   * depends only on them runs once, such as an encoder, and each step reads the other one.
   *
   * @throws {ArgumentError} if batch or block is below 1, or given inputs do not match
   * @throws {ShapeError} if the shape of a given input does not match
   * @throws {StateError} if a step depends on later ones, or the model has several outputs
   * @throws {MemoryError} beyond 2 GiB
   */
  stream(opts?: GraphStreamOptions): Stream {
    const own = options('stream', opts, { batch: true, block: true, ...GIVEN });
    const { batch, block } = own;
    if (own.given === undefined) return new Stream(this.network, { batch, block });
    const given = readGiven(this.network, own.given as Readonly<Record<string, Given>>, own);
    if (batch !== undefined && batch !== given.batch) {
      throw new ArgumentError('batch', `${given.batch}, as the given inputs`, batch);
    }
    return new Stream(this.network, { batch: given.batch, block }, given);
  }

  /**
   * Memory needed for a shape, without allocating it.
   *
   * @throws {ArgumentError} if steps or batch is below 1, or a name is unknown
   * @throws {MemoryError} beyond 2 GiB
   */
  override plan(opts: GraphPlanOptions): PlanReport {
    const given = options('plan', opts, { steps: true, batch: true, training: true });
    if (typeof given.steps !== 'object') return super.plan(given as PlanOptions);
    const axes = this.#axes(given.steps);
    const batch = integer('batch', given.batch, 1);
    const training = boolean('training', given.training ?? this.trainer !== undefined);
    const request = { steps: axes[0] ?? 1, batch, training, targets: 'none', axes } as const;
    return planReport(this.network, { plan: this.network.preview(request) });
  }

  #axes(steps: Readonly<Record<string, number>>): number[] {
    const { axes, inputs, values } = this.graph;
    return reading('steps', steps, () => {
      checkRecord('steps', steps, inputs, false, true);
      return axes.map(({ axis, name }) => {
        const of = inputs.find(
          ({ name, value }) => values[value]!.shape.axis === axis && steps[name] !== undefined,
        );
        if (!of) throw new ArgumentError(`steps.${name}`, 'a number of steps', new Verbatim('none'));
        return integer(`steps.${of.name}`, steps[of.name], 1);
      });
    });
  }

  /** Where `forward` reads its inputs to. */
  #fed(): Fed {
    this.#read ??= emptyFed(this.graph);
    return this.#read;
  }

  #named<T>(names: Graph['inputs'], single: boolean, list: readonly T[]): unknown {
    return single ? list[0] : Object.fromEntries(names.map(({ name }, i) => [name, list[i]]));
  }

  /** A table of the layers, their output shapes and numbers of parameters, as Keras's `summary`. */
  summary(): string {
    return graphTable(this.graph);
  }

  /** @internal */
  structure(): object {
    return structureOf(this.graph);
  }

  /**
   * Saves the model as a safetensors file: parameters under torch.nn's names, the layers and `metadata`, to which
   * those given here are added.
   * @throws {ArgumentError} if metadata values are not strings, or a key is `unrolled`
   */
  override save(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
    return super.save(merged(this.metadata, metadata));
  }

  /**
   * Loads a model from a file written by `save` or `Trainer.save`.
   * @throws {FormatError} if the file is not a valid safetensors file or not a graph of this package, or a custom
   * layer is missing in `layers`
   */
  static load(bytes: Uint8Array | ArrayBuffer, opts?: LoadOptions): Model {
    const { layers = {} } = options('Model.load', opts, { layers: true });
    return withMetadata((files) =>
      readModel(
        bytes,
        layerMaker(layers),
        (made, given, graph) => new Model(nodesOf(graph, made), given),
        files,
        true,
      ),
    );
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`: layers and number of parameters. */
  toJSON(): object {
    const layers = this.layers.map((layer) => ({ type: layer.type, ...layer.config() }));
    return { type: 'Model', parameterCount: this.parameterCount, layers };
  }

  /** Frees the memory. Later calls throw. */
  override dispose(): void {
    super.dispose();
    this.#last = undefined;
  }
}
