import type { ParameterSpec } from '../engine/layer.ts';

/** Arrays by name. */
export type Views = Readonly<Record<string, Float32Array>>;

/**
 * What `forward` of a layer of your own gets. The arrays are views of the model's memory, row-major: they hold during the
 * call only, and must not be kept.
 */
export interface LayerForward {
  /** [N, inputSize] */
  readonly input: Float32Array;
  /** [N, outputSize], zeros; [batchSizes[0], outputSize] of a layer that reduces steps. */
  readonly output: Float32Array;
  /** By name, shaped as declared. */
  readonly parameters: Views;
  /**
   * Rows of each step, longest sequences first, as torch's PackedSequence has it: the rows of step t come behind those
   * of step t − 1, and row b of every step is of the same sequence. N is their sum. One step where states are declared.
   */
  readonly batchSizes: Int32Array;
  /** [N, ·] of each state, before the step. */
  readonly before: Views;
  /** [N, ·] of each state, zeros: the state after the step is written here. */
  readonly after: Views;
  /** [N, saved]: what `backward` will need. It holds from a forward call to the backward call of the same rows. */
  readonly saved: Float32Array;
}

/** What `backward` of a layer of your own gets: views, as `forward`, and gradients. */
export interface LayerBackward extends LayerForward {
  /** Shaped as the output. */
  readonly outputGradient: Float32Array;
  /** Shaped as the input, zeros: written here. */
  readonly inputGradient: Float32Array;
  /** By name: added to. */
  readonly gradients: Views;
  /** Of each state after the step. */
  readonly afterGradient: Views;
  /** Of each state before the step, zeros: written here. */
  readonly beforeGradient: Views;
}

/** A layer of your own. */
export interface CustomLayer {
  /** The name it is saved under, `Sequential.load(bytes, { layers: { Mean } })` finds it by. */
  readonly type: string;
  /** Features per row that it takes. Default: any. */
  readonly inputSize?: number | undefined;
  /** Features per row that it gives for so many taken. */
  outputSize(inputSize: number): number;
  /** Names, shapes and initializers. Default: none. */
  readonly parameters?: readonly ParameterSpec[] | undefined;
  /**
   * Floats per row of each state, by name. A layer that declares its states is called once per step, in streams too;
   * `{}` is a layer that treats each step by itself. Without, it is called once per sequence, and streams, `truncation`
   * and `memoryBudget` refuse it.
   */
  readonly states?: Readonly<Record<string, number>> | undefined;
  /** Whether it gives one step per sequence, whatever it takes. Default false. */
  readonly reducesSteps?: boolean | undefined;
  /** Floats per row of `saved`. Default 0. */
  readonly saved?: number | undefined;
  /** What its constructor takes, as JSON, for saved models. Default: nothing. */
  config?(): Record<string, unknown>;
  /** Writes `output` and `after`. */
  forward(pass: LayerForward): void;
  /** Writes `inputGradient` and `beforeGradient`, and adds to `gradients`. */
  backward(pass: LayerBackward): void;
}

/** Makes a layer of your own from what its `config` gave. */
// biome-ignore lint/suspicious/noExplicitAny: a config is what its own class makes of it
export type CustomLayerClass = new (config: any) => CustomLayer;
