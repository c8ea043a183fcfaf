import type { Tensor } from './tensor.ts';

/** A layer of this package: its type and options as in saved models, and its weights. */
export interface LayerDescription {
  /** Name of the layer in Keras. */
  readonly name: string;
  /** Its class here, and the options of its constructor. */
  readonly config: {
    /** Class name. */
    readonly type: string;
    readonly [option: string]: unknown;
  };
  /** By name, as of the layer's parameters. */
  readonly weights: Readonly<Record<string, Tensor>>;
}

/** A value: the index of an input; or that of a use, and the name of one of its last states. */
export type Reference = number | readonly [use: number, state?: string];

/** One call of a layer. */
export interface UseDescription {
  /** Index of the layer. */
  readonly layer: number;
  /** What it reads. */
  readonly inputs: readonly Reference[];
  /** Initial states by name, such as h. */
  readonly initial?: Readonly<Record<string, Reference>> | undefined;
}

/** An input. */
export interface InputDescription {
  /** Name in Keras; undefined for the only one. */
  readonly name?: string | undefined;
  /** Number of features, if it is not indices. */
  readonly features?: number | undefined;
  /** Size of the vocabulary, if it is indices. */
  readonly indices?: number | undefined;
  /** Whether it is a sequence. */
  readonly steps: boolean;
  /** Index of the first input on the same time axis. */
  readonly like?: number | undefined;
  /** Steps that do not count: their index, or all their features, are this. */
  readonly maskValue?: number | undefined;
}

/** An output. */
export interface OutputDescription {
  /** Name in Keras; undefined for the only one. */
  readonly name?: string | undefined;
  /** The value that it is. */
  readonly of: Reference;
}

/** An input or output as Keras has it, batch first. */
export interface KerasTensor {
  /** Name in Keras. */
  readonly name: string;
  /** Sizes, batch first; null where one is not fixed. */
  readonly shape: readonly (number | null)[];
  /** Whether it contains indices. */
  readonly indices: boolean;
}

/** How layers are connected. */
export interface GraphDescription {
  /** Inputs, time-major. */
  readonly inputs: readonly InputDescription[];
  /** Calls of layers, in an order in which each reads what those before it gave. */
  readonly uses: readonly UseDescription[];
  /** Outputs; a single one has no name. */
  readonly outputs: readonly OutputDescription[];
}

/** A model of Keras in terms of this package: layers with weights, and how they are connected. */
export interface KerasDescription {
  /** Layers; a layer of Keras may be several here. */
  readonly layers: readonly LayerDescription[];
  /** How they are connected. */
  readonly graph: GraphDescription;
  /**
   * The same with outputs that have values at steps that a mask excludes, too, as Keras's; undefined if there are none.
   * Layers and their order are those of `layers`.
   */
  readonly whole: GraphDescription | undefined;
  /** Inputs in the layout of Keras. */
  readonly inputs: readonly KerasTensor[];
  /** Outputs in the layout of Keras. */
  readonly outputs: readonly KerasTensor[];
  /** Version of Keras that wrote the file, if it says so. */
  readonly version: string | undefined;
  /** Options without effect here, which matter in training only, such as `dense: kernel_regularizer`. */
  readonly ignored: readonly string[];
}
