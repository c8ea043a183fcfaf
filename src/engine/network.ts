import { record } from '../check.ts';
import { ArgumentError, StateError } from '../errors.ts';
import { MemoryArena } from '../memory/arena.ts';
import { Layout, type Region } from '../memory/layout.ts';
import { type Given, readShaped, type Sequence, type Signal } from '../ndarray.ts';
import { begin, choose } from '../wasm/tiles.ts';
import { writeRows } from './batchIO.ts';
import type { StepGenerator } from './batchPart.ts';
import { chain, refuseStream } from './chain.ts';
import { ChainPlan } from './chainPlan.ts';
import { checkNames } from './checkNames.ts';
import { initialNumbers } from './initialNumbers.ts';
import { KernelGenerator } from './kernelGenerator.ts';
import type { Layer } from './layer.ts';
import type { Packed, Plan, PlanRequest } from './plan.ts';
import type { Rows, Valid } from './rows.ts';
import type { StreamPlan } from './streamPlan.ts';
import { untied } from './untied.ts';

/** Idle streams from which on new ones take the place of those at the end of the memory. */
const MOST_IDLE = 8;

/** Options of a model whose parameters are about to be loaded: they stay zeros, and no random numbers are drawn. */
export const UNINITIALIZED = Object.freeze({});

/**
 * The memory of a sequence of layers: parameters, then persistent regions (gradients, optimizer state, carried
 * states, streams), then the current plan. Only the plan is laid out again.
 */
export class Network {
  readonly layers: readonly Layer[];
  /** Prefixes of each layer's parameter names. */
  readonly prefixes: readonly string[];
  readonly input: Signal;
  readonly outputSize: number;
  readonly generator: StepGenerator;
  readonly arena: MemoryArena;
  readonly parameters: ReadonlyMap<string, Region>;
  /** Parameters and buffers: all that is saved. */
  readonly tensors: ReadonlyMap<string, Region>;
  /** All parameters as one block, with gaps of up to 15 zeros. */
  readonly block: Region;
  /** All buffers as one block. */
  readonly buffers: Region;
  /** Incremented whenever a parameter may have changed. */
  version = 0;

  /** Name of the running call. */
  #running: string | undefined;
  #gradients: Region | undefined;
  /** End of the reserved memory. */
  #end: number;
  #plans: Plan[] = [];
  /** The plan whose activations are in the shared area. @internal */
  protected written: Plan | undefined;
  readonly #slots: Region[] = [];
  #idleStreams: StreamPlan[] = [];
  /** Plans by steps and rows. */
  readonly #packed = new Map<string, Packed>();

  /** @throws {ShapeError} if the sizes of consecutive layers do not match */
  constructor(
    layers: readonly Layer[],
    prefixes: readonly string[],
    seed: number,
    initialize = true,
    ends = chain(layers),
  ) {
    this.layers = layers;
    this.prefixes = prefixes;
    [this.input, this.outputSize] = ends;
    this.generator = new KernelGenerator(seed, this);
    const layout = new Layout(MemoryArena.start);
    const specs = layers.flatMap((layer, i) =>
      layer.parameters.map((spec) => ({ ...spec, name: `${prefixes[i]}${spec.name}` })),
    );
    const tensors = new Map<string, Region>();
    const blockOf = (buffers: boolean): Region => {
      const ptr = layout.end;
      for (const { name, shape, buffer = false } of specs)
        if (buffer === buffers) tensors.set(name, layout.take(name, ...shape));
      return { ptr, shape: [], length: (layout.end - ptr) / 4 };
    };
    this.block = blockOf(false);
    this.parameters = new Map(tensors);
    this.buffers = blockOf(true);
    this.tensors = tensors;
    this.#end = layout.end;
    this.arena = new MemoryArena(layout.end);
    for (const { name, shape, init } of initialize ? specs : [])
      this.arena.write(tensors.get(name)!, initialNumbers(name, shape, init, this.generator));
  }

  /** Blocks other calls until `leave`: they would overwrite the plan in use. @throws {StateError} if one is already running */
  enter(call: string): void {
    this.free(call);
    this.#running = call;
  }

  /** Call after `enter`, also after an error. */
  leave(): void {
    this.#running = undefined;
  }

  /** The result of `work`, between `enter` and `leave`. May try tiles afterwards, as streams must not. */
  during<T>(call: string, work: () => T): T {
    this.enter(call);
    const since = begin();
    try {
      return work();
    } finally {
      this.leave();
      choose(this.arena, since);
    }
  }

  /** @throws {StateError} if a call is running */
  free(call: string): void {
    if (this.#running === undefined) return;
    throw new StateError(`${call}: called during ${this.#running} of the same model`);
  }

  /** Gradients of all parameters, laid out as `block`; created on first use. */
  get gradients(): Region {
    return (this.#gradients ??= this.reserve('gradients', this.block.length));
  }

  /** Block k of optimizer state, laid out as `block`; initially zero. */
  slot(k: number): Region {
    while (this.#slots.length <= k) this.#slots.push(this.reserve('optimizer state', this.block.length));
    return this.#slots[k]!;
  }

  /** The part of a block laid out as `block` that belongs to a parameter. */
  partOf(block: Region, parameter: Region): Region {
    return { ...parameter, ptr: block.ptr + parameter.ptr - this.block.ptr };
  }

  /**
   * Reserves zeroed memory for the network's lifetime. The current plan is laid out again after it.
   * @throws {MemoryError} beyond 2 GiB, or if the engine can't allocate it
   */
  reserve(what: string, ...shape: number[]): Region {
    return this.reserveAll((layout) => layout.take(what, ...shape));
  }

  /** As reserve, for whatever `take` takes from the layout; from: what lies there and behind is given up. */
  reserveAll<T>(take: (layout: Layout) => T, from = this.#end): T {
    const layout = new Layout(from);
    const taken = take(layout);
    this.arena.ensure(layout.end);
    this.arena.f32.fill(0, from / 4, layout.end / 4);
    this.#end = layout.end;
    this.#plans = [];
    this.written = undefined;
    return taken;
  }

  /** @param gradients address of the parameter gradients, for training */
  protected lay(layout: Layout, gradients: number, request: PlanRequest): Plan {
    return new ChainPlan(this, layout, gradients, request);
  }

  /**
   * Lays out a plan without touching memory, as if the gradients, `slots` optimizer slots and what `reserve`
   * allocates existed.
   * @throws {MemoryError} beyond 2 GiB
   */
  preview(request: PlanRequest, slots = 0, reserve: (layout: Layout) => unknown = () => {}): Plan {
    const layout = new Layout(this.#end);
    if (request.training && !this.#gradients) layout.take('gradients', this.block.length);
    for (let k = this.#slots.length; k < slots; k++) layout.take('optimizer state', this.block.length);
    reserve(layout);
    return this.lay(layout, 0, request);
  }

  /**
   * Returns the plan for a request, ready to use. One per shape is cached until memory is reserved.
   * @throws {MemoryError} beyond 2 GiB, or if the engine can't allocate it
   * @throws {StateError} if the plan is for training or has a loss, but the kernels only support inference
   */
  prepare(request: PlanRequest): Plan {
    const { training, targets } = request;
    if ((training || targets !== 'none') && !this.arena.trains) {
      throw new StateError("the loaded kernels only infer: use init() of 'unrolled'");
    }
    let plan: Plan | undefined;
    for (const p of this.#plans) if (p.serves(request)) plan = p;
    if (!plan) {
      const gradients = request.training ? this.gradients.ptr : 0;
      plan = this.lay(new Layout(this.#end), gradients, request);
      this.arena.ensure(plan.end);
      // a few shapes are usual; bounds the cache for many
      if (this.#plans.length >= 16) this.#plans = [];
      this.#plans.push(plan);
    }
    return plan;
  }

  /**
   * Returns a plan outside the shared area, for at most `steps` steps per call: one released by `returnStream`, or a
   * new one. Plans of the same shape share their packed weights.
   * @param own what else the request has
   * @throws {StateError} if a layer can't run step by step
   * @throws {MemoryError} beyond 2 GiB, or if the engine can't allocate it
   */
  takeStream(batch: number, steps: number, own: object = {}): StreamPlan {
    this.free('stream');
    const signal = this.streamed(steps, own);
    const shape = `${steps} ${batch} ${JSON.stringify(own)}`;
    const packed = this.#packed.get(shape) ?? { regions: [], version: -1 };
    const request = { steps, batch, training: false, targets: 'none', stream: packed, ...own } as const;
    const idle = this.#idleStreams.findIndex(({ plan }) => plan.serves(request));
    if (idle >= 0) return this.#idleStreams.splice(idle, 1)[0]!;
    const from = this.#endWithoutIdle();
    const taken = this.reserveAll((layout) => {
      const plan = this.lay(layout, 0, request);
      const widest = Math.max(0, ...plan.states.map(({ initial }) => initial.shape[1]!));
      return {
        plan,
        probabilities: layout.take('probabilities', this.outputSize),
        spare: layout.take('spare state', widest),
        packed,
        signal,
        end: layout.end,
      };
    }, from);
    this.#idleStreams = this.#idleStreams.filter(({ plan }) => plan.start < from);
    for (const [key, { regions }] of this.#packed)
      if (regions.some(({ ptr }) => ptr >= from)) this.#packed.delete(key);
    this.#packed.set(shape, packed);
    return taken;
  }

  /** What a step of a stream reads. @throws {StateError} if a layer can't run step by step */
  protected streamed(_steps: number, _own: object): Signal {
    refuseStream(this.layers);
    return this.input;
  }

  /** Where what is reserved ends, but for idle streams at its end where there are many. */
  #endWithoutIdle(): number {
    let end = this.#end;
    if (this.#idleStreams.length < MOST_IDLE) return end;
    const ending = () => this.#idleStreams.find((stream) => stream.end === end);
    for (let last = ending(); last; last = ending()) end = last.plan.start;
    return end;
  }

  returnStream(stream: StreamPlan): void {
    this.#idleStreams.push(stream);
  }

  /**
   * Sets a plan's sequence, where only the steps in `valid` count, and writes the plan's input.
   * @throws {ArgumentError} if an index is outside the vocabulary
   */
  writeInput(name: string, plan: Plan, sequence: Sequence, valid?: Valid): void {
    this.written = undefined;
    plan.rows.arrange(this.arena, sequence.steps, sequence.batch, valid);
    this.writePart(name, plan, sequence);
    this.written = plan;
  }

  /** Writes the current part of a sequence. @throws {ArgumentError} as writeInput */
  writePart(name: string, plan: Plan, { data }: Sequence): void {
    this.writeSignal(name, this.input, plan.rows, plan.input, data);
  }

  /** Whether a plan's activations are still valid: no other plan was used and nothing was reserved since. */
  holds(plan: Plan): boolean {
    return this.written === plan;
  }

  /** Writes features, or indices that must be below the size or equal to `ignore`, to the first `count` rows of a region. */
  writeSignal(
    name: string,
    { kind, size }: Signal,
    rows: Rows,
    region: Region,
    data: ArrayLike<number>,
    ignore = 0,
    count = rows.count,
  ): void {
    const isIndex = kind === 'indices';
    writeRows(this.arena, rows, region, data, isIndex ? 1 : size, isIndex ? 'i32' : 'f32', count);
    const found = isIndex ? this.arena.kernels.find_bad_index(count, region.ptr, size, ignore) : -1;
    if (found < 0) return;
    const bad = rows.take ? rows.take[found]! : rows.first + found;
    const where = `step ${Math.floor(bad / rows.batch)}, row ${bad % rows.batch}`;
    throw new ArgumentError(`${name} (${where})`, `an index in 0..${size - 1}`, data[bad]);
  }

  /** Copies of the parameters by name. */
  stateDict(): Record<string, { data: Float32Array<ArrayBuffer>; shape: readonly number[] }> {
    this.free('stateDict');
    return this.#copies(this.tensors, this.block);
  }

  /** Copies of the gradients by name. @throws {StateError} before the first training pass */
  gradientDict(): Record<string, { data: Float32Array<ArrayBuffer>; shape: readonly number[] }> {
    this.free('gradients');
    if (!this.#gradients) throw new StateError('gradients: call forward with { training: true } first');
    return this.#copies(this.parameters, this.#gradients);
  }

  /** Sets all gradients to 0. */
  zeroGradients(): void {
    this.free('zeroGradients');
    this.arena.clear(this.gradients);
  }

  /**
   * Loads all parameters. Nothing is written unless all names and shapes match.
   * @throws {ArgumentError} if a name is missing or unexpected
   * @throws {ShapeError} if a shape does not match
   */
  loadStateDict(given: Readonly<Record<string, Given>>): void {
    this.during('loadStateDict', () => {
      const dict = untied(record('state dict', given, 'an object of arrays by name'), this);
      checkNames(dict, [...this.tensors.keys()]);
      this.writeAll(
        [...this.tensors].map(([name, region]) => [region, readShaped(name, dict[name]!, region.shape)]),
      );
    });
  }

  /** Overwrites parameters and other regions. */
  writeAll(values: readonly (readonly [Region, ArrayLike<number>])[]): void {
    for (const [region, value] of values) this.arena.write(region, value);
    this.version++;
  }

  /** Frees the memory. Later calls throw. */
  dispose(): void {
    this.free('dispose');
    this.arena.dispose();
    this.#plans = [];
    this.#idleStreams = [];
    this.#packed.clear();
  }

  #copies(regions: ReadonlyMap<string, Region>, block: Region) {
    const entries = [...regions].map(([name, region]) => {
      const data = this.arena.read(this.partOf(block, region));
      return [name, { data, shape: region.shape }] as const;
    });
    return Object.fromEntries(entries);
  }
}
