import { floats } from '../allocate.ts';
import { boolean, integer, options, reading } from '../check.ts';
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
import { settled } from '../settled.ts';
import { SummarizedLayer } from '../summary.ts';
import type { Cell } from './recurrent/cell.ts';

/** What `forward` of a layer alone takes besides x, and of each of its states `h` the initial values `h0`. */
export type ForwardOptions<States extends string = 'h'> = Steps & {
  /** Keep what `backward` needs. Default false. */
  readonly training?: boolean | undefined;
} & {
  /** [numLayers · directions, B, hiddenSize], or projSize of an LSTM's h. Default zeros. */
  readonly [State in States | 'h' | 'c' as `${State}0`]?: Given | undefined;
};

/** What `forward` of a layer alone gives: copies, and of each state `h` its last values `hN`. */
export type ForwardResult<States extends string = 'h'> = {
  /** The last stacked layer at every step, [T, B, outputSize]; zeros at steps that do not count. */
  readonly output: NDArray;
} & {
  /** Shaped as the initial state: after each row's own last step (of the reverse direction its first). */
  readonly [State in States as `${State}N`]: NDArray;
} & {
  /** Of an LSTM, alike. */
  readonly cN?: NDArray | undefined;
};

/** Upstream gradients, shaped as what they are gradients of; those left out are zeros. */
export type BackwardInput<States extends string = 'h'> = {
  /** Shaped as the output. */
  readonly output?: Given | undefined;
} & {
  /** Shaped as the state. */
  readonly [State in States | 'h' | 'c' as `${State}N`]?: Given | undefined;
};

/** What `backward` of a layer alone gives: gradients, as copies. */
export type BackwardResult<States extends string = 'h'> = {
  /** By x, shaped as x. */
  readonly input: NDArray;
} & {
  /** By the initial state, and shaped as it. */
  readonly [State in States as `${State}0`]: NDArray;
} & {
  /** Of an LSTM, alike. */
  readonly c0?: NDArray | undefined;
};

/**
 * A recurrent layer used alone: a network of that one layer, made on first use. States: names of those that have a
 * gradient; Final: of those that have none.
 */
export abstract class Standalone<
  States extends string = 'h',
  Final extends string = never,
> extends SummarizedLayer {
  #network: Network | undefined;
  #owned = false;
  /** While its initialisers run. */
  #making = false;
  #disposed = false;
  #last: Plan | undefined;

  /** @internal */
  abstract readonly cell: Cell;
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
  forward(x: Given, opts?: ForwardOptions<States | Final>): ForwardResult<States | Final> {
    const names = Object.keys(this.cell.states);
    this.#refuseStates(opts, '0', names);
    const given = options<ForwardOptions>('forward', opts, {
      ...{ training: true, lengths: true, mask: true },
      ...optionNames(names, '0'),
    });
    const training = boolean('training', given.training ?? false);
    const network = this.#own();
    network.enter('forward');
    try {
      return this.#forward(network, x, given, training);
    } finally {
      network.leave();
    }
  }

  #forward(
    network: Network,
    x: Given,
    given: ForwardOptions,
    training: boolean,
  ): ForwardResult<States | Final> {
    const sequence = this.#sequence(network, x);
    const { steps, batch } = sequence;
    const valid = readSteps(given, steps, batch, this.batchFirst);
    const ragged = valid !== undefined;
    const plan = network.prepare({ steps, batch, training, targets: 'none', ragged });
    const states = readStates(plan, given, '0');
    const room = this.#room(plan, network.outputSize);
    network.writeInput('x', plan, sequence, valid);
    writeStates(network, plan, states, (slot) => slot.initial);
    if (training) plan.begin();
    plan.forward();
    this.#last = training ? plan : undefined;
    return {
      output: this.#read(network, plan, plan.output, network.outputSize, room),
      ...readStacked(network, plan, 'N', (slot) => slot.final, room),
    } as ForwardResult<States | Final>;
  }

  /**
   * Backpropagation through the steps of the last forward, which must have had `training`. The parameters' gradients
   * are added to those there are: see `gradients` and `zeroGradients`.
   *
   * @throws {StateError} without such a forward, or twice after one
   * @throws {ShapeError} a gradient of another shape
   */
  backward(upstream: BackwardInput<States>): BackwardResult<States> {
    const names = Object.entries(this.cell.states).flatMap(([name, { gradient = true }]) =>
      gradient ? [name] : [],
    );
    this.#refuseStates(upstream, 'N', names);
    const given = options<BackwardInput>('backward', upstream, { output: true, ...optionNames(names, 'N') });
    const network = this.#own();
    network.enter('backward');
    try {
      return this.#backward(network, given);
    } finally {
      network.leave();
    }
  }

  #backward(network: Network, given: BackwardInput): BackwardResult<States> {
    const plan = this.#last;
    if (!plan || !network.holds(plan))
      throw new StateError('backward: first run forward with { training: true }; once for each backward');
    const { arena, outputSize: width } = network;
    const { steps, batch, rows } = plan;
    const shape = this.batchFirst ? [batch, steps, width] : [steps, batch, width];
    let dOutput = given.output === undefined ? undefined : readShaped('output', given.output, shape);
    if (dOutput && this.batchFirst) dOutput = transpose(dOutput, batch, steps, width);
    const states = readStates(plan, given, 'N');
    const room = this.#room(plan, network.input.size);
    this.#last = undefined;
    const dy: Region = { ...plan.output, ptr: plan.outputGradient.ptr };
    if (dOutput) writeRows(arena, rows, dy, dOutput, width);
    else arena.clear(dy);
    writeStates(network, plan, states, (slot) => slot.gradient);
    const dx = plan.backward(true)!;
    return {
      input: this.#read(network, plan, dx, network.input.size, room),
      ...readStacked(network, plan, '0', (slot) => slot.gradient, room),
    } as BackwardResult<States>;
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
    network.free('zeroGradients');
    network.arena.clear(network.gradients);
  }

  /** Lets the layer's memory go; later calls throw. */
  dispose(): void {
    this.#network?.dispose();
    this.#disposed = true;
    this.#last = undefined;
  }

  /** As `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Whether a model may claim the layer. @internal */
  get free(): boolean {
    return !this.#owned && !this.#network && !this.#making && !this.#disposed;
  }

  /** Makes the layer part of a model. @internal */
  claim(): void {
    this.#owned = true;
  }

  /** Refuses a state by name that is not among `names`. */
  #refuseStates(given: object | undefined, suffix: '0' | 'N', names: readonly string[]): void {
    for (const [key, value] of reading('options', given, () => Object.entries(given ?? {}))) {
      const name = key.slice(0, -1);
      if (value === undefined || key !== name + suffix || !/^[a-z]$/.test(name) || names.includes(name))
        continue;
      const why = this.cell.states[name]
        ? `no gradient goes through the state ${name}`
        : `the states of ${this.type} are ${Object.keys(this.cell.states).join(', ')}`;
      throw new ArgumentError(key, `none, since ${why}`, value);
    }
  }

  /** A model that could not be made gives it back. @internal */
  release(): void {
    this.#owned = false;
  }

  /** x as time-major. */
  #sequence(network: Network, from: Given): Sequence {
    const x = reading('x', from, () => settled(from));
    const sequence = readSequence('x', x, network.input);
    if (!this.batchFirst || !('shape' in x)) return sequence;
    const { steps: batch, batch: steps } = sequence;
    return { data: transpose(sequence.data, batch, steps, network.input.size), steps, batch };
  }

  /** Arrays for what a call gives, made before anything changes. */
  #room(plan: Plan, width: number): Room {
    const length = plan.steps * plan.batch * width;
    const states = [...byName(plan)].map(([name, slots]) => {
      return [name, floats(slots.length * slots[0]!.initial.length)] as const;
    });
    return {
      data: floats(length),
      turned: this.batchFirst ? floats(length) : undefined,
      states: new Map(states),
    };
  }

  #read(network: Network, plan: Plan, region: Region, width: number, { data, turned }: Room): NDArray {
    const { rows, steps, batch } = plan;
    readRows(network.arena, rows, region, width, data);
    if (!turned) return { data, shape: [steps, batch, width] };
    return { data: transpose(data, steps, batch, width, turned), shape: [batch, steps, width] };
  }

  #own(): Network {
    if (this.#owned) throw new StateError('this layer is part of a model: call the model');
    if (this.#disposed) throw new MemoryError('the layer was disposed');
    if (this.#network) return this.#network;
    if (this.#making) throw new StateError('this layer was called by one of its own initialisers');
    this.#making = true;
    try {
      return (this.#network = new Network([this as unknown as Layer], [''], integer('seed', this.seed, 0)));
    } finally {
      this.#making = false;
    }
  }
}

/** What a call gives is written to. */
interface Room {
  readonly data: Float32Array<ArrayBuffer>;
  /** With batchFirst. */
  readonly turned: Float32Array<ArrayBuffer> | undefined;
  /** By state. */
  readonly states: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

/** By state: those of all directions of all stacked layers one after the other. */
type Values = Record<string, ArrayLike<number>>;

function readStates(plan: Plan, given: object, suffix: '0' | 'N'): Values {
  const values: Values = {};
  for (const [name, slots] of byName(plan)) {
    const state = (given as Readonly<Record<string, Given | undefined>>)[name + suffix];
    if (state === undefined) continue;
    values[name] = readShaped(name + suffix, state, [slots.length, ...slots[0]!.initial.shape]);
  }
  return values;
}

/** Names of options, one for each state; those of h and c stand for whichever there are. */
function optionNames<S extends '0' | 'N'>(
  names: readonly string[],
  suffix: S,
): Record<`${'h' | 'c'}${S}`, true> {
  return Object.fromEntries(names.map((name) => [name + suffix, true])) as Record<`${'h' | 'c'}${S}`, true>;
}

/** Where a slot has such a region. */
type Part = (slot: StateSlot) => Region | undefined;

function writeStates(network: Network, plan: Plan, values: Values, part: Part): void {
  for (const [name, slots] of byName(plan)) {
    let at = 0;
    for (const region of slots.map(part)) {
      if (!region) continue;
      writeState(network.arena, plan.rows, region, values[name], at);
      at += region.length;
    }
  }
}

function readStacked(
  network: Network,
  plan: Plan,
  suffix: '0' | 'N',
  part: Part,
  room: Room,
): Readonly<Record<string, NDArray>> {
  const read: Record<string, NDArray> = {};
  for (const [name, slots] of byName(plan)) {
    const regions = slots.flatMap((slot) => part(slot) ?? []);
    if (!regions.length) continue;
    const { length, shape } = regions[0]!;
    const data = room.states.get(name)!;
    for (const [i, region] of regions.entries()) {
      readState(network.arena, plan.rows, region, data, i * length);
    }
    read[name + suffix] = { data, shape: [regions.length, ...shape] };
  }
  return read;
}

/** The slots of each state. */
function byName({ states }: Plan): Map<string, StateSlot[]> {
  const found = new Map<string, StateSlot[]>();
  for (const slot of states) {
    const slots = found.get(slot.name);
    if (slots) slots.push(slot);
    else found.set(slot.name, [slot]);
  }
  return found;
}
