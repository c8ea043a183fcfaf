import type { ParameterSpec } from '../engine/layer.ts';

/** Arrays by name. */
export type Views = Readonly<Record<string, Float32Array>>;

/**
 * Argument of `forward` of a custom layer. The arrays are row-major views of the model's memory, valid only during
 * the call.
 */
export interface LayerForward {
  /** [N, inputSize] */
  readonly input: Float32Array;
  /** [N, outputSize], zeros; [batchSizes[0], outputSize] if the layer reduces steps. */
  readonly output: Float32Array;
  /** Parameters by name, with the declared shapes. */
  readonly parameters: Views;
  /**
   * Rows per step, longest sequences first, as in torch's PackedSequence: the rows of step t follow those of step t −
   * 1, and row b of every step belongs to the same sequence. N is their sum. One step if states are declared.
   */
  readonly batchSizes: Int32Array;
  /** [N, ·] each state before the step. */
  readonly before: Views;
  /** [N, ·] each state, zeros: write the state after the step here. */
  readonly after: Views;
  /** [N, saved] values to keep for `backward`, valid until the backward call of the same rows. */
  readonly saved: Float32Array;
}

/** Argument of `backward` of a custom layer: the views of `forward`, and gradients. */
export interface LayerBackward extends LayerForward {
  /** Gradient with respect to the output, same shape. */
  readonly outputGradient: Float32Array;
  /** Same shape as the input, zeros: write the gradient with respect to the input here. */
  readonly inputGradient: Float32Array;
  /** Gradients of the parameters by name: add to them. */
  readonly gradients: Views;
  /** Gradient with respect to each state after the step. */
  readonly afterGradient: Views;
  /** Zeros: write the gradient with respect to each state before the step here. */
  readonly beforeGradient: Views;
}

/** A custom layer. */
export interface CustomLayer {
  /** The name in saved models, looked up in `Sequential.load(bytes, { layers: { Mean } })`. */
  readonly type: string;
  /** Name that its parameters begin with in a model, without a dot. Default: its index. */
  readonly name?: string | undefined;
  /** Input features per row. Default: any. */
  readonly inputSize?: number | undefined;
  /** Output features per row, for the given input features. */
  outputSize(inputSize: number): number;
  /** Names, shapes and initializers of the parameters. Default: none. */
  readonly parameters?: readonly ParameterSpec[] | undefined;
  /**
   * Floats per row of each state, by name. A layer that declares states is called once per step and works in streams;
   * `{}` means that each step is independent. If undefined, it is called once per sequence and can't be used with
   * streams, `truncation` or `memoryBudget`.
   */
  readonly states?: Readonly<Record<string, number>> | undefined;
  /** Whether its output has one step per sequence. Default false. */
  readonly reducesSteps?: boolean | undefined;
  /** Floats per row of `saved`. Default 0. */
  readonly saved?: number | undefined;
  /** The constructor's argument as JSON, for saved models. Default: none. */
  config?(): Record<string, unknown>;
  /** Writes `output` and `after`. */
  forward(pass: LayerForward): void;
  /** Writes `inputGradient` and `beforeGradient`, and adds to `gradients`. */
  backward(pass: LayerBackward): void;
}

/** Creates a custom layer from the result of its `config`. */
// biome-ignore lint/suspicious/noExplicitAny: each class has its own config
export type CustomLayerClass = new (config: any) => CustomLayer;
