import { options, reading } from '../../check.ts';
import { type Layer, MAX_LAYERS } from '../../engine/layer.ts';
import { Network, UNINITIALIZED } from '../../engine/network.ts';
import { type ModelForwardOptions, WholeSequences } from '../../engine/wholeSequences.ts';
import { ArgumentError, StateError } from '../../errors.ts';
import type { Given, NDArray } from '../../ndarray.ts';
import { checkFree, ModelBase } from './modelBase.ts';
import { makeLayer } from './registry.ts';
import { readModel } from './save.ts';
import { StreamBase, type StreamOptions } from './streamBase.ts';

/** Options of `Sequential`. */
export interface SequentialOptions {
  /** Seed of initial parameters and dropout. Default 0. */
  readonly seed?: number | undefined;
}

/**
 * Layers one after the other, as torch.nn.Sequential: parameters are named `0.weight`, `1.weight_ih_l0`, … The model
 * owns one WebAssembly memory.
 */
export class SequentialBase extends ModelBase {
  readonly #whole = new WholeSequences();

  /**
   * @throws {ArgumentError} if there are no layers, one is not a layer, or the seed is invalid
   * @throws {ShapeError} if the sizes of consecutive layers do not match
   * @throws {StateError} before `init()`, or if a layer is part of another model
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(layers: readonly Layer[], opts?: SequentialOptions) {
    const initialize = opts !== UNINITIALIZED;
    const { seed = 0 } = options('Sequential', opts, { seed: true });
    const given = reading('layers', layers, () => checkedLayers(layers));
    const prefixes = given.map(({ name }, i) => `${name ?? i}.`);
    super(given, () => new Network(given, prefixes, seed, initialize));
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
  override dispose(): void {
    super.dispose();
    this.#whole.forget();
  }
}

/** Checks and copies a model's layers. @throws as the constructor of a model */
function checkedLayers(given: readonly Layer[]): readonly Layer[] {
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_LAYERS)
    throw new ArgumentError('layers', `a list of 1 to ${MAX_LAYERS} layers`, given);
  const layers: readonly Layer[] = [...given];
  for (const [i, layer] of layers.entries()) {
    if (typeof layer?.reserve !== 'function') throw new ArgumentError(`layers[${i}]`, 'a layer', layer);
    const first = layers.indexOf(layer);
    if (first < i) throw new StateError(`layers[${i}] is the same layer as layers[${first}]`);
    checkFree(`layers[${i}]`, layer);
  }
  return layers;
}
