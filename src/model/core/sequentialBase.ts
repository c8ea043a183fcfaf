import { floats } from '../../allocate.ts';
import { boolean, integer, options, reading } from '../../check.ts';
import { readRows, readSteps, type Steps, writeRows } from '../../engine/batchIO.ts';
import { type Layer, MAX_LAYERS } from '../../engine/layer.ts';
import { Network, UNINITIALIZED } from '../../engine/network.ts';
import type { Plan } from '../../engine/plan.ts';
import { ArgumentError, StateError } from '../../errors.ts';
import { Standalone } from '../../layers/standalone.ts';
import { type Given, type NDArray, readSequence, readShaped } from '../../ndarray.ts';
import { Summarized } from '../../summary.ts';
import type { CheckpointReport } from '../bptt/checkpoints.ts';
import { makeLayer } from './registry.ts';
import { readModel, writeModel } from './save.ts';
import { StreamBase, type StreamOptions } from './streamBase.ts';

/** Layers that are part of a model. */
const claimed = new WeakSet<Layer>();

/** What `Sequential` takes beside its layers. */
export interface SequentialOptions {
  /** Of the generator behind initial parameters and dropout. Default 0. */
  readonly seed?: number | undefined;
}

/** What `forward` of a model takes beside x. */
export interface ModelForwardOptions extends Steps {
  /** Keep what `backward` needs. Default false. */
  readonly training?: boolean | undefined;
}

/** The shape that `Sequential.plan` is asked about. */
export interface PlanOptions {
  /** T. */
  readonly steps: number;
  /** B. */
  readonly batch: number;
  /** With gradients and what backpropagation keeps. Default: whether the model has a trainer. */
  readonly training?: boolean | undefined;
}

/** What a plan takes. */
export interface PlanReport {
  /** Size of the model's memory once the plan is in use: whole pages of 64 KiB. */
  readonly bytes: number;
  /** Of which parameters. */
  readonly parameterBytes: number;
  /** Of which the plan itself: input, activations, scratch; laid out anew for another shape; with checkpoints. */
  readonly planBytes: number;
  /** How a trainer with a `memoryBudget` goes about it. */
  readonly checkpoints?: CheckpointReport | undefined;
}

/**
 * Layers one after the other, as torch.nn.Sequential: parameters are named `0.weight`, `1.weight_ih_l0`, … The model
 * owns one WebAssembly memory.
 */
export class SequentialBase extends Summarized {
  /** In the order in which they run. */
  readonly layers: readonly Layer[];
  /** @internal */
  readonly network: Network;
  /** @internal */
  trainer: { plan(steps: number, batch: number): { plan: Plan; checkpoints?: CheckpointReport } } | undefined;
  #last: Plan | undefined;

  /**
   * @throws {ArgumentError} no layers, something that is no layer, a bad seed
   * @throws {ShapeError} layers whose sizes do not follow on each other
   * @throws {StateError} before `init()`, or a layer that serves another model
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(layers: readonly Layer[], opts?: SequentialOptions) {
    super();
    const uninitialized = opts === UNINITIALIZED;
    const { seed = 0 } = options('Sequential', opts, { seed: true });
    integer('seed', seed, 0);
    const given = reading('layers', layers, () => checkedLayers(layers));
    // before initialisers run, which are the user's
    for (const layer of given) {
      claimed.add(layer);
      if (layer instanceof Standalone) layer.claim();
    }
    this.layers = given;
    try {
      this.network = new Network(
        given,
        given.map((_, i) => `${i}.`),
        seed,
        !uninitialized,
      );
    } catch (error) {
      for (const layer of given) {
        claimed.delete(layer);
        if (layer instanceof Standalone) layer.release();
      }
      throw error;
    }
  }

  /**
   * Runs T steps of B rows from zero states. x: [T, B] indices, or [T, B, inputSize]; gives [T, B, outputSize], zeros
   * at steps that do not count; one step after a `LastStep`.
   *
   * @throws {ArgumentError} no numbers, an index outside the vocabulary, a length outside 0..T
   * @throws {ShapeError} a wrong rank, shape or length
   * @throws {MemoryError} beyond 2 GiB
   */
  forward(x: Given, opts?: ModelForwardOptions): NDArray {
    const given = options('forward', opts, { training: true, lengths: true, mask: true });
    const training = boolean('training', given.training ?? false);
    const { network } = this;
    const { arena, outputSize } = network;
    network.enter('forward');
    try {
      const sequence = readSequence('x', x, network.input);
      const { steps, batch } = sequence;
      const valid = readSteps(given, steps, batch);
      const plan = network.prepare({ steps, batch, training, targets: 'none', ragged: valid !== undefined });
      const shape = [plan.output.shape[0]!, batch, outputSize];
      const data = floats(plan.output.length);
      network.writeInput('x', plan, sequence, valid);
      for (const { initial } of plan.states) arena.clear(initial);
      if (training) plan.begin();
      plan.forward();
      this.#last = training ? plan : undefined;
      return { data: readRows(arena, plan.outputRows, plan.output, outputSize, data), shape };
    } finally {
      network.leave();
    }
  }

  /**
   * Backpropagation from a gradient by the output of the last forward, which must have had `training`; adds to the
   * parameters' gradients. Gives the gradient by the input, unless that was indices.
   *
   * @throws {StateError} without such a forward, or twice after one
   * @throws {ShapeError} a gradient of another shape
   */
  backward(outputGradient: Given): NDArray | undefined {
    const { network } = this;
    const { arena, input, outputSize } = network;
    network.enter('backward');
    try {
      const plan = this.#last;
      if (!plan || !network.holds(plan))
        throw new StateError('backward: first run forward with { training: true }; once for each backward');
      const dy = readShaped('outputGradient', outputGradient, plan.output.shape);
      const wanted = input.kind === 'features';
      const shape = [plan.steps, plan.batch, input.size];
      const data = floats(wanted ? plan.input.length : 0);
      this.#last = undefined;
      writeRows(arena, plan.outputRows, plan.outputGradient, dy, outputSize);
      for (const { gradient } of plan.states) if (gradient) arena.clear(gradient);
      const dx = plan.backward(wanted);
      return dx && { data: readRows(arena, plan.rows, dx, input.size, data), shape };
    } finally {
      network.leave();
    }
  }

  /**
   * Inference with the states kept from step to step.
   *
   * @throws {ArgumentError} a batch or a block below 1
   * @throws {StateError} a bidirectional model, which needs the whole sequence
   * @throws {MemoryError} beyond 2 GiB
   */
  stream(opts?: StreamOptions): StreamBase {
    return new StreamBase(this.network, opts);
  }

  /**
   * What memory a shape takes, before any of it is allocated.
   *
   * @throws {ArgumentError} steps or batch below 1
   * @throws {MemoryError} beyond 2 GiB
   */
  plan(opts: PlanOptions): PlanReport {
    const given = options('plan', opts, { steps: true, batch: true, training: true });
    const steps = integer('steps', given.steps, 1);
    const batch = integer('batch', given.batch, 1);
    const training = boolean('training', given.training ?? this.trainer !== undefined);
    const { plan, checkpoints } =
      training && this.trainer
        ? this.trainer.plan(steps, batch)
        : { plan: this.network.preview({ steps, batch, training, targets: 'none' }), checkpoints: undefined };
    return {
      bytes: Math.max(plan.bytes, this.network.arena.bytes),
      parameterBytes: this.network.block.length * 4,
      planBytes: plan.end - plan.start + (checkpoints?.stateBytes ?? 0),
      ...(checkpoints ? { checkpoints } : {}),
    };
  }

  /** Bytes of the model's memory now. */
  get memoryBytes(): number {
    return this.network.arena.bytes;
  }

  /** Number of parameters. */
  get parameterCount(): number {
    return [...this.network.parameters.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Parameters by torch.nn's names, as copies. */
  stateDict(): Record<string, NDArray> {
    return this.network.stateDict();
  }

  /**
   * Overwrites all parameters; nothing is written unless every name and shape fits.
   * @throws {ArgumentError} a missing or an extra name
   * @throws {ShapeError} another shape
   */
  loadStateDict(given: Readonly<Record<string, Given>>): void {
    this.network.loadStateDict(given);
  }

  /** Gradients by torch.nn's names, as copies. @throws {StateError} before the first forward for training */
  gradients(): Record<string, NDArray> {
    return this.network.gradientDict();
  }

  /** Sets all gradients to 0. */
  zeroGradients(): void {
    this.network.free('zeroGradients');
    this.network.arena.clear(this.network.gradients);
  }

  /**
   * The model as a safetensors file: parameters under torch.nn's names, the layers in its metadata beside yours.
   * @throws {ArgumentError} metadata that are no strings, or under the name `unrolled`
   */
  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
    this.network.free('save');
    return writeModel(this, metadata);
  }

  /**
   * The model of a file that `save` or `Trainer.save` wrote.
   * @throws {FormatError} a file that breaks a rule of safetensors, or is no model of this package
   * @throws {FeatureError} a model with layers or options that `unrolled` alone has
   */
  static load(bytes: Uint8Array | ArrayBuffer): SequentialBase {
    return readModel(bytes, makeLayer, (layers, opts) => new SequentialBase(layers, opts));
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`: layers and number of parameters. */
  toJSON(): object {
    const layers = this.layers.map((layer) => ({ type: layer.type, ...layer.config() }));
    return { type: 'Sequential', parameterCount: this.parameterCount, layers };
  }

  /** Lets the memory go; later calls throw. */
  dispose(): void {
    this.network.dispose();
    this.#last = undefined;
  }

  /** As `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A copy of the layers of a model. @throws as the constructor of a model */
function checkedLayers(given: readonly Layer[]): readonly Layer[] {
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_LAYERS)
    throw new ArgumentError('layers', `a list of 1 to ${MAX_LAYERS} layers`, given);
  const layers: readonly Layer[] = [...given];
  const places = new Map<Layer, number>();
  for (const [i, layer] of layers.entries()) {
    if (typeof layer?.reserve !== 'function') throw new ArgumentError(`layers[${i}]`, 'a layer', layer);
    if ((layer as { batchFirst?: boolean }).batchFirst) {
      throw new ArgumentError(`layers[${i}].batchFirst`, 'false in a model, which is time-major', true);
    }
    if (places.has(layer)) throw new StateError(`layers[${i}] is layers[${places.get(layer)}]`);
    places.set(layer, i);
    if (claimed.has(layer) || (layer instanceof Standalone && !layer.free)) {
      throw new StateError(`layers[${i}] (${layer.type}) serves another model, or was used alone`);
    }
  }
  return layers;
}
