import type { MemoryArena } from '../memory/arena.ts';
import type { Layout, Region } from '../memory/layout.ts';
import type { Graph, GraphRequest, InitialStates } from './graph.ts';
import { GraphBackward } from './graphBackward.ts';
import { GraphLayout } from './graphLayout.ts';
import { GraphRows } from './graphRows.ts';
import type { Placed, Step } from './graphStep.ts';
import type { NodeShape } from './join.ts';
import type { Layer, Pass, StateSlot } from './layer.ts';
import { areAlike, type Plan, type Planned, type PlanOutput, type PlanRequest } from './plan.ts';
import type { Rows, Valid } from './rows.ts';

/** An input of a plan. */
export interface Port {
  readonly shape: NodeShape;
  readonly rows: Rows;
  readonly region: Region;
  /** Gradient with respect to it; of an input only if it is wanted. */
  readonly gradient: Region | undefined;
}

/** An output of a plan. */
export interface OutputPort extends Port {
  readonly targets: Region;
  readonly gradient: Region;
}

/** The network of a graph's plan. */
interface PlannedGraph extends Planned {
  readonly initialStates: InitialStates;
}

/** The plan of a graph: steps in an order in which each reads what those before it wrote. */
export class GraphPlan implements Plan {
  readonly steps: number;
  readonly batch: number;
  readonly rows: Rows;
  readonly passes: readonly Pass[];
  readonly states: readonly StateSlot[];
  readonly stateNames: readonly string[];
  readonly stateRows: readonly Rows[];
  readonly start: number;
  readonly end: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly OutputPort[];
  /** The outputs, as those of plans with one. */
  readonly planOutputs: readonly PlanOutput[];
  penalty = 0;
  readonly #graph: Graph;
  readonly #network: PlannedGraph;
  readonly #request: GraphRequest;
  readonly #axes: readonly number[];
  readonly #kinds: readonly PlanRequest['targets'][];
  readonly #rows: GraphRows;
  readonly #steps: readonly Step[];
  readonly #backward: GraphBackward | undefined;
  /** Whether each step runs backward; undefined for all. */
  #runs: readonly boolean[] | undefined;
  readonly #streams: boolean;
  readonly #streamed: number;

  /** As `ChainPlan`. */
  constructor(network: PlannedGraph, graph: Graph, layout: Layout, gradients: number, request: GraphRequest) {
    const { steps, batch, training, stream, targets, ragged = false } = request;
    this.#graph = graph;
    this.#network = network;
    this.#request = { ...request };
    this.#streams = stream !== undefined;
    this.#streamed = request.streamed ?? 0;
    this.#axes = request.axes?.slice() ?? graph.axes.map(() => steps);
    this.#kinds = request.kinds?.slice() ?? graph.outputs.map(() => targets);
    this.steps = steps;
    this.batch = batch;
    this.start = layout.end;
    const from = stream ? graph.inputs[this.#streamed]!.value : -1;
    const streamedAxis = stream ? graph.inputs[this.#streamed]!.axis : -1;
    const rows = new GraphRows(graph, layout, batch, this.#axes, ragged, streamedAxis);
    this.#rows = rows;
    this.rows = rows.first;
    const laid = new GraphLayout(network, graph, layout, gradients, this.#request, rows, from);
    this.#steps = laid.steps;
    const ends = graph.outputs.map(({ value }, i) => {
      const { region, rows: of } = laid.at(value);
      const { shape } = graph.values[value]!;
      const kind = this.#kinds[i]!;
      const width = kind === 'features' ? shape.size : kind === 'indices' ? 1 : 0;
      return { shape, rows: of, region, targets: layout.take('targets', of.steps * batch * width) };
    });
    const values = graph.outputs.map(({ value }) => laid.at(value));
    this.#backward = training ? new GraphBackward(network.arena, laid.steps, values, layout) : undefined;
    laid.finish();
    this.outputs = ends.map((end, i) => {
      const at = this.#backward?.outputs[i];
      const { shape, length } = end.region;
      return { ...end, gradient: { ptr: at?.ptr ?? 0, shape, length } };
    });
    this.planOutputs = this.outputs.map(({ rows: of, region, targets, gradient }) => ({
      output: region,
      outputRows: of,
      get outputCount() {
        return of.countWithSteps;
      },
      outputGradient: gradient,
      targets,
    }));
    this.inputs = graph.inputs.map(({ value }) => {
      const { region, rows: of, gradient } = laid.at(value);
      const at = gradient && { ...region, ptr: gradient.ptr };
      return { shape: graph.values[value]!.shape, rows: of, region, gradient: at };
    });
    this.passes = laid.steps.flatMap(({ laid: { passes } }) => passes);
    const stateful = laid.steps.filter(({ streamed }) => !stream || streamed);
    this.states = stateful.flatMap(({ laid: { states } }) => states);
    // a step with states reads its sequence first
    this.stateRows = stateful.flatMap(({ laid: { states }, reads }) => states.map(() => reads[0]!.rows));
    this.stateNames = laid.stateNames;
    this.end = layout.end;
  }

  get input(): Region {
    return this.inputs[this.#streamed]!.region;
  }

  get output(): Region {
    return this.outputs[0]!.region;
  }

  get outputRows(): Rows {
    return this.outputs[0]!.rows;
  }

  get targets(): Region {
    return this.outputs[0]!.targets;
  }

  get outputGradient(): Region {
    return this.outputs[0]!.gradient;
  }

  get outputCount(): number {
    return this.outputRows.countWithSteps;
  }

  serves(request: GraphRequest): boolean {
    return (
      areAlike(this.#request, request) &&
      this.#streamed === (request.streamed ?? 0) &&
      same(this.#axes, request.axes, request.steps) &&
      same(this.#kinds, request.kinds, request.targets)
    );
  }

  /** Sets the sequences: steps and, with lengths, those that count, of each axis. */
  arrange(arena: MemoryArena, steps: readonly number[], valid: readonly (Valid | undefined)[]): void {
    this.#rows.arrange(arena, steps, valid);
  }

  begin(): void {
    for (let i = 0; i < this.passes.length; i++) this.passes[i]!.begin?.();
  }

  forward(packed = false): void {
    for (let i = 0; i < this.#steps.length; i++) {
      const { laid, streamed } = this.#steps[i]!;
      if (this.#streams && !streamed) continue;
      if (!this.#streams) laid.start?.(0, this.batch);
      laid.forward(packed);
    }
  }

  /** Of a stream: runs what does not depend on the input that is read step by step. */
  ahead(): void {
    for (const { laid, streamed } of this.#steps) {
      if (streamed) continue;
      for (const { initial } of laid.states) this.#network.arena.clear(initial);
      laid.start?.(0, this.batch);
      laid.forward(false);
    }
  }

  /** As of `Plan`. */
  restart(first: number, count: number): void {
    for (const { laid, streamed } of this.#steps) if (streamed) laid.start?.(first, count);
    this.startRows(first, count);
  }

  /** Sets states of `count` rows to the initial ones of the network, where it has any. */
  startRows(first: number, count: number): void {
    const { arena, initialStates } = this.#network;
    for (let i = 0; i < this.states.length; i++) {
      const values = initialStates[this.stateNames[i]!];
      if (!values) continue;
      const from = this.states[i]!.initial.ptr / 4;
      for (let row = first; row < first + count; row++) arena.f32.set(values, from + row * values.length);
    }
  }

  /** As of `Plan`. */
  train(parameters: readonly string[] | undefined): void {
    this.#runs = undefined;
    this.#backward!.train(undefined);
    if (!parameters) return;
    const layers = this.#graph.layers as readonly Layer[];
    const prefixes = new Set(parameters.map((name) => name.slice(0, name.lastIndexOf('.') + 1)));
    const isTrained = (place: number): boolean => {
      if (place < 0) return false;
      return prefixes.has(this.#network.prefixes[place]!) || isTrained(layers.indexOf(layers[place]!.tied!));
    };
    const needed = new Set<Placed>();
    const runs = this.#steps.map(({ place, table, reads, writes }) => {
      const isNeeded = isTrained(place) || isTrained(table) || reads.some((value) => needed.has(value));
      if (isNeeded) for (const value of writes) needed.add(value);
      return isNeeded;
    });
    this.#runs = runs;
    this.#backward!.train({ runs, needed });
  }

  backward(_wantInput: boolean, finish = true): undefined {
    this.#backward!.run(finish);
    if (!finish) return;
    this.penalty = 0;
    for (let i = 0; i < this.#steps.length; i++) {
      const { again, laid } = this.#steps[i]!;
      const counts = !again && (this.#runs?.[i] ?? true);
      for (let k = 0; counts && k < laid.passes.length; k++) this.penalty += laid.passes[k]!.end?.() ?? 0;
    }
  }
}

/** Whether a list has the wanted values; without any, `all` everywhere. */
function same<T>(list: readonly T[], wanted: readonly T[] | undefined, all: T): boolean {
  for (let i = 0; i < list.length; i++) if (list[i] !== (wanted ? wanted[i] : all)) return false;
  return true;
}
