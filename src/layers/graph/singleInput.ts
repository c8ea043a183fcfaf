import { reading } from '../../check.ts';
import type { Layer, LayerScope, ParameterSpec, Pass } from '../../engine/layer.ts';
import type { Network } from '../../engine/network.ts';
import { applyLayer, type GraphNode } from '../../engine/node.ts';
import { OwnNetwork } from '../../engine/ownNetwork.ts';
import { type ModelForwardOptions, WholeSequences } from '../../engine/wholeSequences.ts';
import { ShapeError, StateError } from '../../errors.ts';
import type { Region } from '../../memory/layout.ts';
import { type Given, type NDArray, readSequence, type Signal } from '../../ndarray.ts';
import { settled } from '../../settled.ts';
import { SummarizedLayer } from '../../summary.ts';
import { setName, splitName } from '../layerName.ts';

/** What a layer with one input offers besides being part of a `Sequential`: nodes of graphs, and calls without a model. */
export interface SingleInput {
  /** Name that its parameters begin with in a model. Default: its index. */
  readonly name?: string | undefined;
  /**
   * The node of this layer's output, for `Model`.
   * @throws {ArgumentError | ShapeError} if the layer does not take what the node holds
   */
  apply(node: GraphNode): GraphNode;
  /**
   * Runs the layer without a model over T steps of B rows. x: [T, B] indices or [T, B, features]. Returns [T, B,
   * outputSize], zeros at steps that do not count. Parameters are initialized on first use, with seed 0.
   *
   * @throws {ArgumentError} if an option is unknown, x is not numeric, or a length is outside 0..T
   * @throws {ShapeError} if a rank, shape or length does not match
   * @throws {MemoryError} beyond 2 GiB
   * @throws {StateError} before `init()`, or if the layer is part of a model
   */
  forward(x: Given, opts?: ModelForwardOptions): NDArray;
  /**
   * Backpropagation through the last `forward`, which must have been called with `training: true`. Parameter
   * gradients are accumulated. Returns the gradient with respect to x, unless x was indices.
   *
   * @throws {StateError} without such a forward, or if called twice after one
   * @throws {ShapeError} if the shape of the gradient does not match
   */
  backward(outputGradient: Given): NDArray | undefined;
  /** Copies of the parameters under torch.nn's names. @throws {StateError} if the layer is part of a model */
  stateDict(): Record<string, NDArray>;
  /**
   * Loads all parameters. Nothing is written unless all names and shapes match.
   * @throws {ArgumentError} if a name is missing or unexpected
   * @throws {ShapeError} if a shape does not match
   */
  loadStateDict(given: Readonly<Record<string, Given>>): void;
  /** Copies of the gradients under torch.nn's names. @throws {StateError} before the first forward with `training` */
  gradients(): Record<string, NDArray>;
  /** Sets all gradients to 0. */
  zeroGradients(): void;
  /** Frees the layer's memory. Later calls throw. */
  dispose(): void;
  /** Same as `dispose`, for `using`. */
  [Symbol.dispose](): void;
  /** @internal */
  readonly free: boolean;
  /** @internal */
  claim(owned?: boolean): void;
}

// biome-ignore lint/suspicious/noExplicitAny: a mixin's constructor takes any arguments
type LayerClass = abstract new (...args: any[]) => SummarizedLayer & Layer;

// biome-ignore lint/suspicious/noExplicitAny: a mixin's constructor takes any arguments
type Extended<T extends LayerClass> = abstract new (...args: any[]) => InstanceType<T> & SingleInput;

/** The class of a layer with one input, extended by `apply` and by what it can do without a model. */
export function singleInput<T extends LayerClass>(Base: T): Extended<T> {
  abstract class Single extends Base implements SingleInput {
    readonly #own = new OwnNetwork();
    readonly #whole = new WholeSequences();
    /** Features of the first input, for a layer without a size. */
    #size: number | undefined;

    // biome-ignore lint/suspicious/noExplicitAny: a mixin's constructor takes any arguments
    constructor(...given: any[]) {
      const { args, name } = splitName(given);
      super(...args);
      setName(this, name);
    }

    apply(node: GraphNode): GraphNode {
      return applyLayer(this, node);
    }

    forward(x: Given, opts?: ModelForwardOptions): NDArray {
      const given = reading('x', x, () => settled(x));
      return this.#whole.forward(this.#networkFor(given), given, opts);
    }

    backward(outputGradient: Given): NDArray | undefined {
      return this.#whole.backward(this.#network(), outputGradient);
    }

    stateDict(): Record<string, NDArray> {
      return this.#network().stateDict();
    }

    loadStateDict(given: Readonly<Record<string, Given>>): void {
      this.#network().loadStateDict(given);
    }

    gradients(): Record<string, NDArray> {
      return this.#network().gradientDict();
    }

    zeroGradients(): void {
      this.#network().zeroGradients();
    }

    dispose(): void {
      this.#own.dispose();
      this.#whole.forget();
    }

    [Symbol.dispose](): void {
      this.dispose();
    }

    override get free(): boolean {
      return this.#own.free;
    }

    override claim(owned = true): void {
      this.#own.owned = owned;
    }

    /** A layer without a size takes that of its first input. */
    #networkFor(x: Given): Network {
      if (this.input || this.#size) return this.#network();
      const { shape } = (x ?? {}) as Partial<NDArray>;
      const size = Array.isArray(shape) && shape.length === 3 ? shape[2] : undefined;
      if (!Number.isSafeInteger(size) || size < 1)
        throw new ShapeError('x', '[steps, batch, features]', Array.isArray(shape) ? shape : 'no shape');
      readSequence('x', x, { kind: 'features', size });
      this.#size = size;
      return this.#network();
    }

    #network(): Network {
      return this.#own.of(() => {
        const tied = this.tied?.type;
        if (tied) throw new StateError(`${this.type}: it is tied to an ${tied}: use both in one model`);
        if (this.input) return [this];
        if (this.#size) return [new Sized(this.#size), this];
        throw new StateError(`${this.type}: call forward first, which tells the number of features`);
      }, 0);
    }
  }
  return Single as never;
}

/** Gives the layers behind it a number of features. */
export class Sized implements Layer {
  readonly type = 'Input';
  readonly input;
  readonly parameters = [];

  constructor(size: number) {
    this.input = { kind: 'features', size } as const;
  }

  outputSize(size: number): number {
    return size;
  }

  config(): Record<string, unknown> {
    return { size: this.input.size };
  }

  isIdle(): boolean {
    return true;
  }

  reserve(): [] {
    return [];
  }
}

abstract class Bare extends SummarizedLayer implements Layer {
  abstract override readonly type: string;
  abstract readonly input: Signal | undefined;
  readonly parameters: readonly ParameterSpec[] = [];

  outputSize(inputSize: number): number {
    return inputSize;
  }

  /** @internal */
  abstract reserve(scope: LayerScope, input: Region): Pass[];
}

/** Base class of layers with one input, which is as large as the output. */
export abstract class SingleLayer extends singleInput(Bare) {}
