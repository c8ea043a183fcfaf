import { floats } from '../allocate.ts';
import { boolean, options, reading } from '../check.ts';
import { readRows, readState, readSteps, transpose, writeRows, writeState } from '../engine/batchIO.ts';
import type { StateSlot } from '../engine/layer.ts';
import type { Network } from '../engine/network.ts';
import { OwnNetwork } from '../engine/ownNetwork.ts';
import type { Plan } from '../engine/plan.ts';
import { ArgumentError, StateError } from '../errors.ts';
import type { Region } from '../memory/layout.ts';
import { type Given, type NDArray, readSequence, readShaped, type Sequence } from '../ndarray.ts';
import { settled } from '../settled.ts';
import type { Cell } from './recurrent/cell.ts';
import type { RecurrentOptions } from './recurrent/options.ts';
import { Recurrent } from './recurrent/recurrent.ts';
import { withStepHook } from './recurrent/stepHook.ts';
import type { BackwardInput, BackwardResult, ForwardOptions, ForwardResult } from './standaloneTypes.ts';

/**
 * A recurrent layer used without a model: a network of only that layer, created on first use. States: names of the
 * states with a gradient; Final: of those without.
 */
export abstract class Standalone<
  States extends string = 'h',
  Final extends string = never,
> extends Recurrent {
  readonly #network = new OwnNetwork();
  #last: Plan | undefined;

  /** @param own options of the class that differ from their defaults, for saved models */
  protected constructor(
    inputSize: number,
    hiddenSize: number,
    opts: RecurrentOptions,
    cell: Cell,
    own?: Readonly<Record<string, unknown>>,
  ) {
    super(inputSize, hiddenSize, opts, withStepHook(cell, opts.clipStepNorm ?? 0), own);
  }

  /**
   * Runs T steps of B rows. x: [T, B, inputSize], or [B, T, inputSize] with batchFirst.
   *
   * @throws {ArgumentError} if an option is unknown, x is not numeric, or a length is outside 0..T
   * @throws {ShapeError} if a rank, shape or length does not match
   * @throws {MemoryError} beyond 2 GiB
   * @throws {StateError} before `init()`, or if the layer is part of a model
   */
  override forward(x: Given, opts?: ForwardOptions<States | Final>): ForwardResult<States | Final> {
    const names = Object.keys(this.cell.states);
    this.#refuseStates(opts, '0', names);
    const given = options<ForwardOptions>('forward', opts, {
      ...{ training: true, lengths: true, mask: true },
      ...optionNames(names, '0'),
    });
    const training = boolean('training', given.training ?? false);
    const network = this.#own();
    return network.during('forward', () => this.#forward(network, x, given, training));
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
   * Backpropagation through the last `forward`, which must have been called with `training: true`. Parameter
   * gradients are accumulated: see `gradients` and `zeroGradients`.
   *
   * @throws {StateError} without such a forward, or if called twice after one
   * @throws {ShapeError} if the shape of a gradient does not match
   */
  backward(upstream: BackwardInput<States>): BackwardResult<States> {
    const names = Object.entries(this.cell.states).flatMap(([name, { gradient = true }]) =>
      gradient ? [name] : [],
    );
    this.#refuseStates(upstream, 'N', names);
    const given = options<BackwardInput>('backward', upstream, { output: true, ...optionNames(names, 'N') });
    const network = this.#own();
    return network.during('backward', () => this.#backward(network, given));
  }

  #backward(network: Network, given: BackwardInput): BackwardResult<States> {
    const plan = this.#last;
    if (!plan || !network.holds(plan))
      throw new StateError('backward: call forward with { training: true } before each backward');
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

  /** Copies of the parameters under torch.nn's names. */
  stateDict(): Record<string, NDArray> {
    return this.#own().stateDict();
  }

  /**
   * Loads all parameters. Nothing is written unless all names and shapes match.
   * @throws {ArgumentError} if a name is missing or unexpected
   * @throws {ShapeError} if a shape does not match
   */
  loadStateDict(given: Readonly<Record<string, Given>>): void {
    this.#own().loadStateDict(given);
  }

  /** Copies of the gradients under torch.nn's names. @throws {StateError} before the first forward with `training` */
  gradients(): Record<string, NDArray> {
    return this.#own().gradientDict();
  }

  /** Sets all gradients to 0. */
  zeroGradients(): void {
    this.#own().zeroGradients();
  }

  /** Frees the layer's memory. Later calls throw. */
  dispose(): void {
    this.#network.dispose();
    this.#last = undefined;
  }

  /** Same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Whether a model may claim the layer. @internal */
  get free(): boolean {
    return this.#network.free;
  }

  /** Makes the layer part of a model. @internal */
  claim(owned = true): void {
    this.#network.owned = owned;
  }

  /** Throws for a state that is not in `names`. */
  #refuseStates(given: object | undefined, suffix: '0' | 'N', names: readonly string[]): void {
    for (const [key, value] of reading('options', given, () => Object.entries(given ?? {}))) {
      const name = key.slice(0, -1);
      if (value === undefined || key !== name + suffix || !/^[a-z]$/.test(name) || names.includes(name))
        continue;
      const why = this.cell.states[name]
        ? `no gradient goes through the state ${name}`
        : `the states of ${this.type} are ${Object.keys(this.cell.states).join(', ')}`;
      throw new ArgumentError(key, `undefined, since ${why}`, value);
    }
  }

  /** Converts x to time-major. */
  #sequence(network: Network, from: Given): Sequence {
    const x = reading('x', from, () => settled(from));
    const sequence = readSequence('x', x, network.input);
    if (!this.batchFirst || !('shape' in x)) return sequence;
    const { steps: batch, batch: steps } = sequence;
    return { data: transpose(sequence.data, batch, steps, network.input.size), steps, batch };
  }

  /** Allocates the results of a call before anything changes. */
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
    return this.#network.of(() => [this], this.seed);
  }
}

/** Result arrays of a call. */
interface Room {
  readonly data: Float32Array<ArrayBuffer>;
  /** Set with batchFirst. */
  readonly turned: Float32Array<ArrayBuffer> | undefined;
  /** Gradients by state. */
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

/** Option names, one per state. */
function optionNames<S extends '0' | 'N'>(
  names: readonly string[],
  suffix: S,
): Record<`${'h' | 'c'}${S}`, true> {
  return Object.fromEntries(names.map((name) => [name + suffix, true])) as Record<`${'h' | 'c'}${S}`, true>;
}

/** Copies for slots that have such a region. */
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
