import { boolean, integer, options } from '../check.ts';
import {
  readRows,
  readState,
  readSteps,
  type Steps,
  transpose,
  writeRows,
  writeState,
} from '../engine/batchIO.ts';
import type { Layer, StateSlot } from '../engine/layer.ts';
import { Network } from '../engine/network.ts';
import type { Plan } from '../engine/plan.ts';
import { ArgumentError, MemoryError, StateError } from '../errors.ts';
import type { Region } from '../memory/layout.ts';
import { type Given, type NDArray, readSequence, readShaped, type Sequence } from '../ndarray.ts';
import { SummarizedLayer } from '../summary.ts';

/** What `forward` of a layer alone takes beside x. */
export interface ForwardOptions extends Steps {
  /** Initial hidden states [numLayers · directions, B, projSize or hiddenSize]. Default zeros. */
  readonly h0?: Given | undefined;
  /** Initial cell states [numLayers · directions, B, hiddenSize], of an LSTM or SRU. Default zeros. */
  readonly c0?: Given | undefined;
  /** Keep what `backward` needs. Default false. */
  readonly training?: boolean | undefined;
}

/** What `forward` of a layer alone gives: copies. */
export interface ForwardResult {
  /** The last stacked layer at every step, [T, B, outputSize]; zeros at steps that do not count. */
  readonly output: NDArray;
  /** Shaped as h0: after each row's own last step (of the reverse direction its first). An SRU has none. */
  readonly hN: NDArray;
  /** Shaped as c0, of an LSTM or SRU. */
  readonly cN?: NDArray | undefined;
}

/** Upstream gradients, shaped as what they are gradients of; those left out are zeros. */
export interface BackwardInput {
  /** Shaped as the output. */
  readonly output?: Given | undefined;
  /** Shaped as hN. */
  readonly hN?: Given | undefined;
  /** Shaped as cN, of an LSTM. */
  readonly cN?: Given | undefined;
}

/** What `backward` of a layer alone gives: gradients, as copies. */
export interface BackwardResult {
  /** By x, shaped as x. */
  readonly input: NDArray;
  /** By the initial hidden states, shaped as h0. */
  readonly h0: NDArray;
  /** By the initial cell states, shaped as c0, of an LSTM. */
  readonly c0?: NDArray | undefined;
}

/** A recurrent layer used alone: a network of that one layer, made on first use. */
export abstract class Standalone<Result = ForwardResult, Gradients = BackwardResult> extends SummarizedLayer {
  #network: Network | undefined;
  #owned = false;
  #disposed = false;
  #last: Plan | undefined;

  /** Seed of the parameters when the layer is used alone. */
  protected abstract readonly seed: number;
  /** Whether it takes and gives [B, T, ·]. */
  abstract readonly batchFirst: boolean;

  /**
   * Runs T steps of B rows. x: [T, B, inputSize], or [B, T, inputSize] with batchFirst.
   *
   * @throws {ArgumentError} unknown options, no numbers, a length outside 0..T
   * @throws {ShapeError} a wrong rank, shape or length
   * @throws {MemoryError} beyond 2 GiB
   * @throws {StateError} before `init()`, or when the layer is part of a model
   */
  forward(x: Given, opts?: ForwardOptions): Result {
    const given = options('forward', opts, { h0: true, c0: true, training: true, lengths: true, mask: true });
    const training = boolean('training', given.training ?? false);
    const network = this.#own();
    const sequence = this.#sequence(network, x);
    const { steps, batch } = sequence;
    const valid = readSteps(given, steps, batch, this.batchFirst);
    const ragged = valid !== undefined;
    const plan = network.prepare({ steps, batch, training, targets: 'none', ragged });
    const states = readStates(plan, { h: given.h0, c: given.c0 }, ['h0', 'c0']);
    network.writeInput('x', plan, sequence, valid);
    writeStates(network, plan, states, (slot) => slot.initial);
    if (training) plan.begin();
    plan.forward();
    this.#last = training ? plan : undefined;
    const stacked = (name: 'h' | 'c') => readStacked(network, plan, name, (slot) => slot.final);
    const hN = stacked('h');
    const cN = stacked('c');
    return {
      output: this.#read(network, plan, plan.output, network.outputSize),
      ...(hN ? { hN } : {}),
      ...(cN ? { cN } : {}),
    } as Result;
  }

  /**
   * Backpropagation through the steps of the last forward, which must have had `training`. The parameters' gradients
   * are added to those there are: see `gradients` and `zeroGradients`.
   *
   * @throws {StateError} without such a forward, or twice after one
   * @throws {ShapeError} a gradient of another shape
   */
  backward(upstream: BackwardInput): Gradients {
    const given = options('backward', upstream, { output: true, hN: true, cN: true });
    const network = this.#own();
    const plan = this.#last;
    if (!plan || !network.holds(plan))
      throw new StateError('backward: first run forward with { training: true }; once for each backward');
    const { arena, outputSize: width } = network;
    const { steps, batch, rows } = plan;
    const shape = this.batchFirst ? [batch, steps, width] : [steps, batch, width];
    let dOutput = given.output === undefined ? undefined : readShaped('output', given.output, shape);
    if (dOutput && this.batchFirst) dOutput = transpose(dOutput, batch, steps, width);
    const states = readStates(plan, { h: given.hN, c: given.cN }, ['hN', 'cN']);
    this.#last = undefined;
    const dy: Region = { ...plan.output, ptr: plan.outputGradient.ptr };
    if (dOutput) writeRows(arena, rows, dy, dOutput, width);
    else arena.clear(dy);
    writeStates(network, plan, states, (slot) => slot.gradient!);
    const dx = plan.backward(true)!;
    const stacked = (name: 'h' | 'c') => readStacked(network, plan, name, (slot) => slot.gradient!);
    const h0 = stacked('h');
    const c0 = stacked('c');
    return {
      input: this.#read(network, plan, dx, network.input.size),
      ...(h0 ? { h0 } : {}),
      ...(c0 ? { c0 } : {}),
    } as Gradients;
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

  /** As `dispose`, for `using`. */
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

  /** x as time-major. */
  #sequence(network: Network, x: Given): Sequence {
    const sequence = readSequence('x', x, network.input);
    if (!this.batchFirst || !('shape' in x)) return sequence;
    const { steps: batch, batch: steps } = sequence;
    return { data: transpose(sequence.data, batch, steps, network.input.size), steps, batch };
  }

  #read(network: Network, { rows, steps, batch }: Plan, region: Region, width: number): NDArray {
    const data = readRows(network.arena, rows, region, width, new Float32Array(steps * batch * width));
    if (!this.batchFirst) return { data, shape: [steps, batch, width] };
    return { data: transpose(data, steps, batch, width), shape: [batch, steps, width] };
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
  names: readonly [string, string],
): Values {
  const values: Values = {};
  for (const [i, name] of (['h', 'c'] as const).entries()) {
    const state = given[name];
    if (state === undefined) continue;
    const slots = plan.states.filter((slot) => slot.name === name);
    if (slots.length === 0) {
      const why = name === 'c' ? 'only an LSTM or SRU has cell states' : 'the layer has no hidden state';
      throw new ArgumentError(names[i]!, `none, since ${why}`, state);
    }
    values[name] = readShaped(names[i]!, state, [slots.length, ...slots[0]!.initial.shape]);
  }
  return values;
}

function writeStates(network: Network, plan: Plan, values: Values, of: (slot: StateSlot) => Region): void {
  const at = { h: 0, c: 0 };
  for (const slot of plan.states) {
    const region = of(slot);
    writeState(network.arena, plan.rows, region, values[slot.name], at[slot.name]);
    at[slot.name] += region.length;
  }
}

function readStacked(
  network: Network,
  plan: Plan,
  name: 'h' | 'c',
  of: (slot: StateSlot) => Region,
): NDArray | undefined {
  const regions = plan.states.filter((slot) => slot.name === name).map(of);
  if (!regions.length) return undefined;
  const { length, shape } = regions[0]!;
  const data = new Float32Array(regions.length * length);
  for (const [i, region] of regions.entries()) {
    readState(network.arena, plan.rows, region, data, i * length);
  }
  return { data, shape: [regions.length, ...shape] };
}
