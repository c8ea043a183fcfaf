import type { Layer } from '../engine/layer.ts';
import type { FormatError } from '../errors.ts';
import type { NDArray } from '../ndarray.ts';
import type { GraphBuilder } from './graphBuilder.ts';

/** One use of a layer. */
export interface LayerCall {
  readonly g: GraphBuilder;
  readonly layer: Pick<Layer, 'type'>;
  readonly config: Readonly<Record<string, unknown>>;
  /** What the names of its weights start with. */
  readonly prefix: string;
  /** Names of its inputs. */
  readonly inputs: readonly string[];
  /** Whether each input is a sequence [T, B, F]; vectors are [B, F]. */
  readonly isSequence: readonly boolean[];
  /** Whether the output is one. */
  readonly givesSequence: boolean;
  /** Features of each input. */
  readonly sizes: readonly number[];
  /** With two directions, whose outputs are concatenated, behind which it is: features of the forward one. */
  readonly forwardSize: number | undefined;
  /** A parameter by name; undefined if the layer has none. */
  parameters(name: string): NDArray | undefined;
  /** Name of an initial state [layers · directions, B, H]; undefined for zeros. */
  initial(state: string, rows: number, size: number): string | undefined;
  /** The error for what ONNX can't say. */
  refuse(what: string): FormatError;
}

/** Names of the output and of the last states [layers · directions, B, H]. */
export interface Emitted {
  readonly output: string;
  readonly final?: Readonly<Record<string, string>>;
}

export type LayerWriter = (call: LayerCall) => Emitted;
