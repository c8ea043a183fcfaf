import { boolean, integer, options, reading } from '../../check.ts';
import { type Layer, MAX_LAYERS } from '../../engine/layer.ts';
import { Network, UNINITIALIZED } from '../../engine/network.ts';
import type { Plan } from '../../engine/plan.ts';
import { type ModelForwardOptions, WholeSequences } from '../../engine/wholeSequences.ts';
import { ArgumentError, StateError } from '../../errors.ts';
import type { Given, NDArray } from '../../ndarray.ts';
import { Summarized } from '../../summary.ts';
import type { CheckpointReport } from '../bptt/checkpoints.ts';
import { makeLayer } from './registry.ts';
import { readModel, writeModel } from './save.ts';
import { StreamBase, type StreamOptions } from './streamBase.ts';

/** Layers that are part of a model. */
const claimed = new WeakSet<Layer>();

/** Options of `Sequential`. */
export interface SequentialOptions {
  /** Seed of initial parameters and dropout. Default 0. */
  readonly seed?: number | undefined;
}

/** Options of `Sequential.plan`. */
export interface PlanOptions {
  /** T. */
  readonly steps: number;
  /** B. */
  readonly batch: number;
  /** Include gradients and activations kept for backpropagation. Default: whether the model has a trainer. */
  readonly training?: boolean | undefined;
}

/** Memory needed by a plan. */
export interface PlanReport {
  /** Size of the model's memory with the plan in use, in bytes; a multiple of 64 KiB. */
  readonly bytes: number;
  /** Bytes of the parameters. */
  readonly parameterBytes: number;
  /** Bytes of the plan: input, activations, scratch and checkpoints; depends on the shape. */
  readonly planBytes: number;
  /** The checkpoints of a trainer with a `memoryBudget`. */
  readonly checkpoints?: CheckpointReport | undefined;
}

/**
 * Layers one after the other, as torch.nn.Sequential: parameters are named `0.weight`, `1.weight_ih_l0`, … The model
 * owns one WebAssembly memory.
 */
export class SequentialBase extends Summarized {
  /** The layers in order. */
  readonly layers: readonly Layer[];
  /** @internal */
  readonly network: Network;
  /** @internal */
  trainer: { plan(steps: number, batch: number): { plan: Plan; checkpoints?: CheckpointReport } } | undefined;
  readonly #whole = new WholeSequences();

  /**
   * @throws {ArgumentError} if there are no layers, one is not a layer, or the seed is invalid
   * @throws {ShapeError} if the sizes of consecutive layers do not match
   * @throws {StateError} before `init()`, or if a layer is part of another model
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
      layer.claim?.();
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
        layer.claim?.(false);
      }
      throw error;
    }
  }

  /**
   * Runs T steps of B rows from zero states. x: [T, B] indices, or [T, B, inputSize]. Returns [T, B, outputSize],
   * zeros at steps that do not count; T is 1 after a `LastStep`, and other layers may change it, too.
   *
   * @throws {ArgumentError} if x is not numeric, an index is outside the vocabulary, or a length is outside 0..T
   * @throws {ShapeError} if a rank, shape or length does not match
   * @throws {MemoryError} beyond 2 GiB
   */
  forward(x: Given, opts?: ModelForwardOptions): NDArray {
    return this.#whole.forward(this.network, x, opts);
  }

  /**
   * Backpropagation through the last `forward`, which must have been called with `training: true`, from the gradient
   * with respect to its output. Parameter gradients are accumulated. Returns the gradient with respect to the input,
   * unless the input was indices.
   *
   * @throws {StateError} without such a forward, or if called twice after one
   * @throws {ShapeError} if the shape of a gradient does not match
   */
  backward(outputGradient: Given): NDArray | undefined {
    return this.#whole.backward(this.network, outputGradient);
  }

  /**
   * Creates a stream: inference step by step, keeping the states.
   *
   * @throws {ArgumentError} if batch or block is below 1
   * @throws {StateError} if the model needs the whole sequence, as a bidirectional one
   * @throws {MemoryError} beyond 2 GiB
   */
  stream(opts?: StreamOptions): StreamBase {
    return new StreamBase(this.network, opts);
  }

  /**
   * Memory needed for a shape, without allocating it.
   *
   * @throws {ArgumentError} if steps or batch is below 1
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

  /** Current size of the model's memory, in bytes. */
  get memoryBytes(): number {
    return this.network.arena.bytes;
  }

  /** Number of parameters. */
  get parameterCount(): number {
    return [...this.network.parameters.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Copies of the parameters under torch.nn's names. */
  stateDict(): Record<string, NDArray> {
    return this.network.stateDict();
  }

  /**
   * Loads all parameters. Nothing is written unless all names and shapes match.
   * @throws {ArgumentError} if a name is missing or unexpected
   * @throws {ShapeError} if a shape does not match
   */
  loadStateDict(given: Readonly<Record<string, Given>>): void {
    this.network.loadStateDict(given);
  }

  /** Copies of the gradients under torch.nn's names. @throws {StateError} before the first forward with `training` */
  gradients(): Record<string, NDArray> {
    return this.network.gradientDict();
  }

  /** Sets all gradients to 0. */
  zeroGradients(): void {
    this.network.free('zeroGradients');
    this.network.arena.clear(this.network.gradients);
  }

  /**
   * Saves the model as a safetensors file: parameters under torch.nn's names, the layers in the metadata, together
   * with yours.
   * @throws {ArgumentError} if metadata values are not strings, or a key is `unrolled`
   */
  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
    this.network.free('save');
    return writeModel(this, metadata);
  }

  /**
   * Loads a model from a file written by `save` or `Trainer.save`.
   * @throws {FormatError} if the file is not a valid safetensors file or not a model of this package
   * @throws {FeatureError} if a layer or option is only in `unrolled`
   */
  static load(bytes: Uint8Array | ArrayBuffer): SequentialBase {
    return readModel(bytes, makeLayer, (layers, opts) => new SequentialBase(layers, opts));
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`: layers and number of parameters. */
  toJSON(): object {
    const layers = this.layers.map((layer) => ({ type: layer.type, ...layer.config() }));
    return { type: 'Sequential', parameterCount: this.parameterCount, layers };
  }

  /** Frees the memory. Later calls throw. */
  dispose(): void {
    this.network.dispose();
    this.#whole.forget();
  }

  /** Same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Checks and copies a model's layers. @throws as the constructor of a model */
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
    if (places.has(layer))
      throw new StateError(`layers[${i}] is the same layer as layers[${places.get(layer)}]`);
    places.set(layer, i);
    if (claimed.has(layer) || layer.free === false) {
      throw new StateError(`layers[${i}] (${layer.type}) is part of another model or was used standalone`);
    }
  }
  return layers;
}
