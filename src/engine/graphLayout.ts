import { elements } from '../allocate.ts';
import { At, align, type Layout, type Region } from '../memory/layout.ts';
import { widthOf } from '../ndarray.ts';
import type { Graph, GraphRequest } from './graph.ts';
import type { GraphRows } from './graphRows.ts';
import {
  joinStep,
  type Laid,
  lastDirectionsStep,
  layerStep,
  type Placed,
  permuteStep,
  type Step,
} from './graphStep.ts';
import type { JoinLayer } from './join.ts';
import type { Layer, LayerScope, Lookup } from './layer.ts';
import type { Planned } from './plan.ts';
import { type Job, resolved } from './resolved.ts';
import type { Rows } from './rows.ts';
import { layerScope } from './scope.ts';
import { type Slot, Slots } from './slots.ts';

/** A lookup left to the next layer, and the index of the embedding. */
interface Found {
  readonly lookup: Lookup;
  readonly place: number;
}

/** Lays out the steps of a graph one after the other, each with the memory for what it writes. */
export class GraphLayout {
  readonly steps: Step[] = [];
  /** Names of the states, or of those of a stream. */
  readonly stateNames: string[] = [];
  readonly #network: Planned;
  readonly #graph: Graph;
  readonly #layout: Layout;
  readonly #gradients: number;
  readonly #request: GraphRequest;
  readonly #rows: GraphRows;
  readonly #placed: Placed[] = [];
  /** Memory of outputs that no later step reads, in inference. */
  readonly #slots = new Slots();
  readonly #scratch: Slot = { ptr: 0, length: 0 };
  /** Slots of the step at hand. */
  #taken = new Map<Region, Slot>();
  #works = 0;

  /** @param streamed value of the input that is read step by step; −1 without a stream */
  constructor(
    network: Planned,
    graph: Graph,
    layout: Layout,
    gradients: number,
    request: GraphRequest,
    rows: GraphRows,
    streamed: number,
  ) {
    this.#network = network;
    this.#graph = graph;
    this.#layout = layout;
    this.#gradients = gradients;
    this.#request = request;
    this.#rows = rows;
    const { training, targets, batch } = request;
    const { jobs, same, readers } = resolved(graph, training, streamed);
    for (const { value } of graph.inputs) {
      const { shape } = graph.values[value]!;
      const of = value === streamed ? rows.first : rows.of(shape.axis);
      const width = widthOf(shape);
      // gradients with respect to inputs are for callers who backpropagate from their own gradients
      const needsGradient = training && targets === 'none' && shape.kind === 'features';
      this.#place(value, width, of, needsGradient).region = layout.take('input', of.steps, batch, width);
    }
    const outputs = new Set(graph.outputs.map(({ value }) => same[value]!));
    const lookups = new Map<number, Found>();
    for (const [k, job] of jobs.entries()) {
      const { layer, inputs, initial, output } = job;
      if ('joins' in layer) this.#join(job, layer);
      else {
        const x = this.#placed[inputs[0]!]!;
        const scope = this.#scope(job, x.rows);
        const found = layer.lookup?.(scope, x.region);
        const next = readers[output]!.length === 1 && !outputs.has(output) && jobs[readers[output]![0]!];
        if (
          found &&
          next &&
          !('joins' in next.layer) &&
          next.inputs[0] === output &&
          next.layer.takesLookup?.(scope, found)
        ) {
          lookups.set(output, { lookup: found, place: job.place });
          this.#placed[output] = x;
          continue;
        }
        this.#layer(job, layer, x, scope, lookups.get(inputs[0]!));
      }
      for (const value of new Set([...inputs, ...initial.map(([, v]) => v)])) {
        const { slot } = this.#placed[value]!;
        if (slot && readers[value]!.at(-1) === k && !outputs.has(value)) this.#slots.release(slot);
      }
    }
    for (const [v, root] of same.entries()) this.#placed[v] = this.#placed[root]!;
    this.#slots.place(layout, 'outputs');
  }

  /** Where a value of the graph lies. */
  at(value: number): Placed {
    return this.#placed[value]!;
  }

  /** Call last: places scratch memory. */
  finish(): void {
    this.#scratch.ptr = this.#layout.take('scratch', align(4 * this.#scratch.length) / 4).ptr;
  }

  #place(value: number, width: number, rows: Rows, needsGradient: boolean): Placed {
    const placed = placedValue(width, rows, needsGradient);
    this.#placed[value] = placed;
    return placed;
  }

  /** Lays out a step. */
  #add(
    { streamed }: Pick<Job, 'streamed'>,
    place: number,
    reads: readonly Placed[],
    writes: readonly Placed[],
    hasGradient: boolean,
    lay: () => Laid,
    table = -1,
  ): void {
    this.#taken = new Map();
    const laid = lay();
    for (const [i, value] of writes.entries()) {
      value.region = laid.outputs[i]!;
      value.slot = this.#taken.get(value.region);
    }
    const kept = new Set(writes.map(({ slot }) => slot));
    for (const slot of new Set(this.#taken.values())) if (!kept.has(slot)) this.#slots.release(slot);
    const again = place >= 0 && this.steps.some((step) => step.place === place);
    this.steps.push({ laid, reads, writes, hasGradient, streamed, place, table, again });
  }

  #layer(job: Job, layer: Layer, x: Placed, scope: LayerScope, found: Found | undefined): void {
    const { values } = this.#graph;
    const initial = job.initial.map(
      ([name, v]) => [name, this.#inOrder(this.#placed[v]!, x.rows, job)] as const,
    );
    const reads = [x, ...initial.map(([, from]) => from)];
    const hasGradient = this.#hasGradient(layer, reads);
    const { axis, size } = values[job.output]!.shape;
    const last = () => (job.streamed ? x.rows : this.#rows.lastOf(x.rows));
    const of = job.keepsLast || layer.reducesSteps ? last() : this.#rows.after(layer, x.rows, axis);
    const writes = [
      this.#place(job.output, size, of, hasGradient),
      ...job.final.map(([, v]) => this.#place(v, values[v]!.shape.size, last(), hasGradient)),
    ];
    const final = job.final.map(([name, v]) => [name, values[v]!.shape.size] as const);
    const lay = () =>
      job.forwardSize
        ? lastDirectionsStep(scope, x.region, job.forwardSize)
        : layerStep(layer, scope, x.region, found?.lookup, initial, final);
    this.#add(job, job.place, reads, writes, hasGradient, lay, found?.place);
    if (this.#request.stream && !job.streamed) return;
    const { passes, states } = this.steps.at(-1)!.laid;
    const prefix = this.#network.prefixes[job.place]!;
    for (const [k, pass] of passes.filter((one) => one.states.length > 0).entries()) {
      const names = pass.states.map(({ name }) => name);
      for (const [i, slot] of pass.states.entries()) {
        const reverse = names.indexOf(slot.name) < i ? '_reverse' : '';
        if (states.includes(slot)) this.stateNames.push(`${prefix}${slot.name}_l${k}${reverse}`);
      }
    }
  }

  #join(job: Job, layer: JoinLayer): void {
    const { values } = this.#graph;
    const { shape } = values[job.output]!;
    const given = job.inputs.map((v, i) => ({ shape: job.shapes[i]!, value: this.#placed[v]! }));
    const lead = (
      given.find(({ value }) => value.rows === this.#rows.first && job.streamed) ??
      given.find(({ shape: { axis } }) => axis) ??
      given[0]!
    ).value.rows;
    const isFixed = shape.axis?.fixed !== undefined;
    const reads = given.map(({ shape: { axis }, value }) =>
      axis ? value : this.#inOrder(value, isFixed ? this.#rows.of(undefined) : lead, job),
    );
    const of = job.streamed
      ? lead
      : shape.axis
        ? this.#rows.of(shape.axis)
        : given.some((one) => one.shape.axis)
          ? this.#rows.lastOf(lead)
          : // of several origins: all rows count
            given.some(({ value }) => value.rows !== lead)
            ? this.#rows.vectors(lead.order)
            : lead;
    const hasGradient = this.#hasGradient(layer, reads);
    const to = this.#place(job.output, shape.size, of, hasGradient);
    this.#add(job, job.place, reads, [to], hasGradient, () => {
      const inputs = reads.map(({ rows, region }, i) => ({ rows, region, shape: given[i]!.shape }));
      return joinStep(layer, this.#scope(job, of), inputs);
    });
  }

  /** Whether a step has gradients to compute. */
  #hasGradient({ parameters }: Layer | JoinLayer, reads: readonly Placed[]): boolean {
    return (
      this.#request.training && (parameters.length > 0 || reads.some(({ needsGradient }) => needsGradient))
    );
  }

  /** A vector in the order of other rows. */
  #inOrder(from: Placed, { order }: Rows, { streamed }: Job): Placed {
    if (from.rows.order === order || (streamed && from.rows === this.#rows.first)) return from;
    const { batch } = this.#request;
    const { width, needsGradient } = from;
    const to = placedValue(width, this.#rows.vectors(order), needsGradient);
    const index = this.#rows.permutation(from.rows.order, order);
    const back = this.#rows.permutation(order, from.rows.order);
    const output = this.#layout.take('vector in another order', 1, batch, width);
    this.#add({ streamed: false }, -1, [from], [to], needsGradient, () =>
      permuteStep(this.#network.arena, batch, from, output, index, back),
    );
    return to;
  }

  #scope(job: Job, rows: Rows): LayerScope {
    const { training, stream, wholeSteps = rows.steps } = this.#request;
    const turns: Slot[] = [];
    let turn = 0;
    const prefix = this.#network.prefixes[job.place]!;
    return layerScope(this.#network, this.#layout, this.#gradients, this.#request, prefix, rows, {
      wholeSteps: rows === this.#rows.first ? wholeSteps : rows.steps,
      keepsLast: job.keepsLast,
      stream: job.streamed,
      output: (what, ...shape) => {
        // what is given before a stream stays
        if (training || (stream && !job.streamed)) return this.#layout.take(what, ...shape);
        const length = elements(shape);
        // a pass reads only the output of the one before it
        const at = turn++ % 2;
        turns[at] ??= this.#slots.take(length);
        const slot = turns[at];
        slot.length = Math.max(slot.length, length);
        const region = new At(shape, () => slot.ptr);
        this.#taken.set(region, slot);
        return region;
      },
      work: (bytes) => {
        if (stream && job.streamed) {
          stream.regions[this.#works] ??= this.#layout.take('packed weights', align(bytes) / 4);
          return stream.regions[this.#works++]!;
        }
        const scratch = this.#scratch;
        scratch.length = Math.max(scratch.length, bytes / 4);
        return new At([], () => scratch.ptr);
      },
    });
  }
}

function placedValue(width: number, rows: Rows, needsGradient: boolean): Placed {
  const region = { ptr: 0, shape: [], length: 0 };
  return { width, rows, region, needsGradient, slot: undefined, gradient: undefined };
}
