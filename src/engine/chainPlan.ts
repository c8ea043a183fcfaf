import { At, align, type Layout, type Region } from '../memory/layout.ts';
import { widthOf } from '../ndarray.ts';
import { keepsLast } from './keepsLast.ts';
import type { Lookup, Pass, StateSlot } from './layer.ts';
import { areAlike, type Plan, type Planned, type PlanRequest } from './plan.ts';
import { Rows } from './rows.ts';
import { layerScope } from './scope.ts';

/** A region that is placed once the sizes of all its users are known. */
interface Shared {
  ptr: number;
  shape: readonly number[];
  length: number;
}

function unplaced(): Shared {
  return { ptr: 0, shape: [], length: 0 };
}

/** The plan of layers one after the other. */
export class ChainPlan implements Plan {
  readonly steps: number;
  readonly batch: number;
  readonly #asked: PlanRequest;
  readonly rows: Rows;
  readonly outputRows: Rows;
  penalty = 0;
  readonly input: Region;
  readonly targets: Region;
  readonly output: Region;
  readonly passes: readonly Pass[];
  readonly passPrefixes: readonly string[];
  lowest = 0;
  readonly states: readonly StateSlot[];
  readonly stateNames: readonly string[];
  readonly start: number;
  readonly end: number;
  /** Gradients with respect to outputs; the backward passes alternate between the two. */
  readonly outputGradient: Region;
  readonly #otherGradient: Region;

  /**
   * @param layout where the plan begins
   * @param gradients address of the parameter gradients, for training
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(network: Planned, layout: Layout, gradients: number, request: PlanRequest) {
    const { steps, batch, training, stream, ragged } = request;
    const { wholeSteps = steps } = request;
    this.steps = steps;
    this.batch = batch;
    this.#asked = { ...request };
    this.start = layout.end;
    const sizes = ragged ? layout.take('sizes', steps) : undefined;
    this.input = layout.take('input', steps, batch, widthOf(network.input));
    const rows = new Rows(steps, batch, sizes);
    this.rows = rows;
    const scratch = unplaced();
    const outputs: Shared[] = [unplaced(), unplaced()];
    let turn = 0;
    let widest = 0;
    const passes: Pass[] = [];
    const passPrefixes: string[] = [];
    let x = this.input;
    let lookup: Lookup | undefined;
    let current = rows;
    let works = 0;
    const stateNames: string[] = [];
    const streamed = stream !== undefined;
    const keeper = keepsLast(network.layers);
    const busy = [...network.layers.entries()].filter(
      ([, layer]) => !layer.isIdle?.(training, streamed) && !(keeper >= 0 && layer.reducesSteps),
    );
    for (const [at, [i, layer]] of busy.entries()) {
      const scope = layerScope(network, layout, gradients, request, network.prefixes[i]!, current, {
        wholeSteps: current === rows ? wholeSteps : current.steps,
        keepsLast: i === keeper,
        stream: streamed,
        output: (what, ...shape) => {
          if (training) return layout.take(what, ...shape);
          const shared = outputs[turn++ % 2]!;
          const region = new At(shape, () => shared.ptr);
          shared.length = Math.max(shared.length, region.length);
          return region;
        },
        work: (bytes) => {
          if (stream) {
            stream.regions[works] ??= layout.take('packed weights', align(bytes) / 4);
            return stream.regions[works++]!;
          }
          scratch.length = Math.max(scratch.length, bytes / 4);
          return scratch;
        },
      });
      const found = layer.lookup?.(scope, x);
      if (found && busy[at + 1]?.[1].takesLookup?.(scope, found)) {
        lookup = found;
        continue;
      }
      let stacked = 0;
      for (const pass of layer.reserve(scope, x, lookup)) {
        passes.push(pass);
        passPrefixes.push(network.prefixes[i]!);
        if (streamed && pass.states.length > 0) {
          stateNames.push(...pass.states.map(({ name }) => `${network.prefixes[i]}${name}_l${stacked}`));
          stacked++;
        }
        x = pass.output;
        widest = Math.max(widest, x.length);
      }
      lookup = undefined;
      if (layer.reducesSteps || i === keeper) current = Rows.ofLast(current);
      else current = layer.outputRows?.(current, layout) ?? current;
    }
    this.outputRows = current;
    const out = request.targets === 'features' ? network.outputSize : request.targets === 'indices' ? 1 : 0;
    this.targets = layout.take('targets', current.count * out);
    for (const shared of outputs) shared.ptr = layout.take('outputs', shared.length).ptr;
    const gradient = training ? Math.max(widest, this.input.length) : 0;
    this.outputGradient = layout.take('output gradients', gradient);
    this.#otherGradient = layout.take('input gradients', gradient);
    scratch.ptr = layout.take('scratch', align(4 * scratch.length) / 4).ptr;
    this.passes = passes;
    this.passPrefixes = passPrefixes;
    this.states = passes.flatMap((pass) => pass.states);
    this.stateNames = stateNames;
    this.output = x;
    this.end = layout.end;
  }

  serves(request: PlanRequest): boolean {
    return areAlike(this.#asked, request);
  }

  get outputCount(): number {
    return this.outputRows.countWithSteps;
  }

  begin(): void {
    for (const pass of this.passes) pass.begin?.();
  }

  forward(packed = false): void {
    for (const pass of this.passes) pass.forward(packed);
  }

  backward(wantInput: boolean, finish = true): Region | undefined {
    let dy = this.outputGradient;
    let dx = this.#otherGradient;
    for (let i = this.passes.length - 1; i >= this.lowest; i--) {
      const wanted = i > this.lowest || wantInput;
      this.passes[i]!.backward(dy.ptr, wanted ? dx.ptr : 0, finish);
      [dy, dx] = [dx, dy];
    }
    if (finish) this.penalty = 0;
    for (let i = this.lowest; finish && i < this.passes.length; i++)
      this.penalty += this.passes[i]!.end?.() ?? 0;
    return wantInput ? { ...this.input, ptr: dy.ptr } : undefined;
  }
}
