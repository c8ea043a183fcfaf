import type { FormatError } from '../errors.ts';
import type { Shape } from '../onnxWriter/modelView.ts';

/** A weight as Keras has it, row-major. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** A layer of Keras: its class, its config without the name, and weights by the end of their names. */
export interface KerasLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Readonly<Record<string, Weight>>;
}

/** One use of a layer. */
export interface LayerCall {
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Shapes of its inputs. */
  readonly shapes: readonly Shape[];
  /** Whether a mask excludes steps of its first input. */
  readonly isMasked: boolean;
  /** Whether only the last step of its output is used. */
  readonly lastOnly: boolean;
  /** Whether it is for Keras: it may have what TensorFlow.js does not load. */
  readonly keras: boolean;
  /** A parameter by name; undefined if the layer has none. */
  parameters(name: string): Weight | undefined;
  /** The error for what Keras 2 can't say. */
  refuse(what: string): FormatError;
}

/** The layers of Keras that do the same one after the other; none: it does nothing. */
export type LayerWriter = (call: LayerCall) => readonly KerasLayer[];

/** A layer without weights. */
export function plain(className: string, config: Readonly<Record<string, unknown>> = {}): KerasLayer {
  return { className, config, weights: {} };
}

/** A matrix [rows, columns] as [columns, rows]. */
export function transposed({ shape, data }: Weight): Weight {
  const [rows, columns] = shape as [number, number];
  const out = data.slice();
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return { shape: [columns, rows], data: out };
}
