import type { Tensor } from './tensor.ts';

/** A layer of this package: its type and options as in saved models, and its weights. */
export interface LayerDescription {
  /** Name of the layer in Keras. */
  readonly name: string;
  readonly config: { readonly type: string; readonly [option: string]: unknown };
  /** By name, as of the layer's parameters. */
  readonly weights: Readonly<Record<string, Tensor>>;
}

/** A value: the index of an input; or that of a use, and the name of one of its last states. */
export type Reference = number | readonly [use: number, state?: string];

/** One call of a layer. */
export interface UseDescription {
  readonly layer: number;
  readonly inputs: readonly Reference[];
  readonly initial?: Readonly<Record<string, Reference>> | undefined;
}

/** An input. */
export interface InputDescription {
  readonly name?: string | undefined;
  readonly features?: number | undefined;
  readonly indices?: number | undefined;
  readonly steps: boolean;
  /** Index of the first input on the same time axis. */
  readonly like?: number | undefined;
  /** Steps that do not count: their index, or all their features, are this. */
  readonly maskValue?: number | undefined;
}

/** An input or output as Keras has it, batch first. */
export interface KerasTensor {
  readonly name: string;
  /** Sizes, batch first; null where one is not fixed. */
  readonly shape: readonly (number | null)[];
  /** Whether it contains indices. */
  readonly indices: boolean;
}

/** A model of Keras in terms of this package: layers with weights, and how they are connected. */
export interface KerasDescription {
  readonly layers: readonly LayerDescription[];
  readonly graph: {
    readonly inputs: readonly InputDescription[];
    readonly uses: readonly UseDescription[];
    readonly outputs: readonly { readonly name?: string | undefined; readonly of: Reference }[];
  };
  readonly inputs: readonly KerasTensor[];
  readonly outputs: readonly KerasTensor[];
  /** Version of Keras that wrote the file, if it says so. */
  readonly version: string | undefined;
  /** Options without effect here, which matter in training only, such as `dense: kernel_regularizer`. */
  readonly ignored: readonly string[];
}
