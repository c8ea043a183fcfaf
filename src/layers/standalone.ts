import { boolean, integer, options } from '../check.ts';
import { ArgumentError, MemoryError, StateError } from '../errors.ts';
import type { Region } from '../memory/layout.ts';
import { type Given, type NDArray, readSequence, readShaped } from '../ndarray.ts';
import type { Layer, StateSlot } from './layer.ts';
import { Network } from './network.ts';
import type { Plan } from './plan.ts';

export interface ForwardOptions {
  /** Initial hidden states [numLayers, B, hiddenSize]. Default zeros. */
  readonly h0?: Given;
  /** Initial cell states [numLayers, B, hiddenSize], of an LSTM. Default zeros. */
  readonly c0?: Given;
  /** Keep what `backward` needs. Default false. */
  readonly training?: boolean;
}

export interface ForwardResult {
  /** [T, B, hiddenSize]: the last stacked layer at every step. */
  readonly output: NDArray;
  /** [numLayers, B, hiddenSize]. */
  readonly hN: NDArray;
  /** [numLayers, B, hiddenSize], of an LSTM. */
  readonly cN?: NDArray;
}

/** Upstream gradients, shaped as what they are gradients of; those left out are zeros. */
export interface BackwardInput {
  readonly output?: Given;
  readonly hN?: Given;
  readonly cN?: Given;
}

export interface BackwardResult {
  readonly input: NDArray;
  readonly h0: NDArray;
  readonly c0?: NDArray;
}

/** A recurrent layer used alone: a network of that one layer, made on first use. */
export abstract class Standalone {
  #network: Network | undefined;
  #owned = false;
  #disposed = false;
  #last: Plan | undefined;

  /** Seed of the parameters when the layer is used alone. */
  protected abstract readonly seed: number;

  /**
   * Runs T steps of B rows. x: [T, B, inputSize].
   *
   * @throws {ArgumentError} unknown options, no numbers
   * @throws {ShapeError} a wrong rank, shape or length
   * @throws {MemoryError} beyond 2 GiB
   * @throws {StateError} before `init()`, or when the layer is part of a model
   */
  forward(x: Given, opts?: ForwardOptions): ForwardResult {
    const given = options('forward', opts, ['h0', 'c0', 'training']);
    const training = boolean('training', given.training ?? false);
    const network = this.#own();
    const sequence = readSequence('x', x, network.input);
    const { steps, batch } = sequence;
    const plan = network.prepare({ steps, batch, training, targets: 'none' });
    const states = readStates(plan, { h: given.h0, c: given.c0 }, ['h0', 'c0']);
    network.writeInput('x', plan, sequence);
    writeStates(network, plan, states, (slot) => slot.initial);
    plan.forward();
    this.#last = training ? plan : undefined;
    const { arena } = network;
    const stacked = (name: 'h' | 'c') => readStacked(network, plan, name, (slot) => slot.final);
    const hN = stacked('h')!;
    const cN = stacked('c');
    return {
      output: { data: arena.read(plan.output), shape: plan.output.shape },
      hN,
      ...(cN ? { cN } : {}),
    };
  }

  /**
   * Backpropagation through the steps of the last forward, which must have had `training`. The parameters' gradients
   * are added to those there are: see `gradients` and `zeroGradients`.
   *
   * @throws {StateError} without such a forward, or twice after one
   * @throws {ShapeError} a gradient of another shape
   */
  backward(upstream: BackwardInput): BackwardResult {
    const given = options('backward', upstream, ['output', 'hN', 'cN']);
    const network = this.#own();
    const plan = this.#last;
    if (!plan || !network.holds(plan))
      throw new StateError('backward: first run forward with { training: true }; once for each backward');
    const { arena } = network;
    const dOutput =
      given.output === undefined ? undefined : readShaped('output', given.output, plan.output.shape);
    const states = readStates(plan, { h: given.hN, c: given.cN }, ['hN', 'cN']);
    this.#last = undefined;
    const dy: Region = { ...plan.output, ptr: plan.outputGradient.ptr };
    if (dOutput) arena.write(dy, dOutput);
    else arena.clear(dy);
    writeStates(network, plan, states, (slot) => slot.gradient!);
    const dx = plan.backward(true)!;
    const stacked = (name: 'h' | 'c') => readStacked(network, plan, name, (slot) => slot.gradient!);
    const c0 = stacked('c');
    return {
      input: { data: arena.read(dx), shape: dx.shape },
      h0: stacked('h')!,
      ...(c0 ? { c0 } : {}),
    };
  }

  /** Parameters by torch.nn's names, as copies. */
  stateDict(): Record<string, NDArray> {
    return this.#own().stateDict();
  }

  /**
   * Overwrites all parameters; nothing is written unless every name and shape fits.
   * @throws {ArgumentError} a missing or an extra name
   * @throws {ShapeError} another shape
   */
  loadStateDict(given: Readonly<Record<string, Given>>): void {
    this.#own().loadStateDict(given);
  }

  /** Gradients by torch.nn's names, as copies. @throws {StateError} before the first forward for training */
  gradients(): Record<string, NDArray> {
    return this.#own().gradientDict();
  }

  /** Sets all gradients to 0. */
  zeroGradients(): void {
    const network = this.#own();
    network.arena.clear(network.gradients);
  }

  /** Lets the layer's memory go; later calls throw. */
  dispose(): void {
    this.#disposed = true;
    this.#network?.dispose();
    this.#last = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Whether a model may claim the layer. @internal */
  get free(): boolean {
    return !this.#owned && !this.#network && !this.#disposed;
  }

  /** Makes the layer part of a model. @internal */
  claim(): void {
    this.#owned = true;
  }

  #own(): Network {
    if (this.#owned) throw new StateError('this layer is part of a model: call the model');
    if (this.#disposed) throw new MemoryError('the layer was disposed');
    this.#network ??= new Network([this as unknown as Layer], [''], integer('seed', this.seed, 0));
    return this.#network;
  }
}

type Values = Partial<Record<'h' | 'c', ArrayLike<number>>>;

function readStates(
  plan: Plan,
  given: { h: Given | undefined; c: Given | undefined },
  [h, c]: readonly [string, string],
): Values {
  const depth = { h: 0, c: 0 };
  let shape: readonly number[] = [];
  for (const { name, initial } of plan.states) {
    depth[name]++;
    shape = initial.shape;
  }
  if (given.c !== undefined && depth.c === 0) {
    throw new ArgumentError(c, 'none, since only an LSTM has cell states', given.c);
  }
  return {
    ...(given.h === undefined ? {} : { h: readShaped(h, given.h, [depth.h, ...shape]) }),
    ...(given.c === undefined ? {} : { c: readShaped(c, given.c, [depth.c, ...shape]) }),
  };
}

function writeStates(network: Network, plan: Plan, values: Values, of: (slot: StateSlot) => Region): void {
  const at = { h: 0, c: 0 };
  for (const slot of plan.states) {
    const region = of(slot);
    const all = values[slot.name];
    if (!all) network.arena.clear(region);
    else network.arena.write(region, slice(all, at[slot.name], region.length));
    at[slot.name] += region.length;
  }
}

function slice(values: ArrayLike<number>, start: number, length: number): ArrayLike<number> {
  return Array.prototype.slice.call(values, start, start + length) as number[];
}

function readStacked(
  network: Network,
  plan: Plan,
  name: 'h' | 'c',
  of: (slot: StateSlot) => Region,
): NDArray | undefined {
  const regions = plan.states.filter((slot) => slot.name === name).map(of);
  if (!regions.length) return undefined;
  const data = new Float32Array(regions.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const region of regions) {
    data.set(network.arena.read(region), at);
    at += region.length;
  }
  return { data, shape: [regions.length, ...regions[0]!.shape] };
}
