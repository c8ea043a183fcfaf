import type { Steps } from '../engine/batchIO.ts';
import type { Given, NDArray } from '../ndarray.ts';

/** Options of `forward` of a standalone layer, including the initial value `h0` of each state `h`. */
export type ForwardOptions<States extends string = 'h'> = Steps & {
  /** Keep what `backward` needs. Default false. */
  readonly training?: boolean | undefined;
} & {
  /** [numLayers · directions, B, hiddenSize], or projSize for an LSTM's h. Default: zeros. */
  readonly [State in States | 'h' | 'c' as `${State}0`]?: Given | undefined;
};

/** Result of `forward` of a standalone layer, as copies, including the last value `hN` of each state `h`. */
export type ForwardResult<States extends string = 'h'> = {
  /** Outputs of the last stacked layer, [T, B, outputSize]; zeros at steps that do not count. */
  readonly output: NDArray;
} & {
  /** The state after each row's last step (for the reverse direction its first); same shape as the initial state. */
  readonly [State in States as `${State}N`]: NDArray;
} & {
  /** Same for the cell state of an LSTM. */
  readonly cN?: NDArray | undefined;
};

/** Upstream gradients, with the shapes of the corresponding values. Default: zeros. */
export type BackwardInput<States extends string = 'h'> = {
  /** Gradient with respect to the output; same shape. */
  readonly output?: Given | undefined;
} & {
  /** Gradient with respect to the last state; same shape. */
  readonly [State in States | 'h' | 'c' as `${State}N`]?: Given | undefined;
};

/** Result of `backward` of a standalone layer: gradients, as copies. */
export type BackwardResult<States extends string = 'h'> = {
  /** Gradient with respect to x; same shape. */
  readonly input: NDArray;
} & {
  /** Gradient with respect to the initial state; same shape. */
  readonly [State in States as `${State}0`]: NDArray;
} & {
  /** Same for the cell state of an LSTM. */
  readonly c0?: NDArray | undefined;
};
