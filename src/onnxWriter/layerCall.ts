import type { Layer } from '../engine/layer.ts';
import type { FormatError } from '../errors.ts';
import type { GraphBuilder } from './graphBuilder.ts';

/** A parameter; of quantized layers matrices are int8, and their scales a parameter `NAME.scale`. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer>;
}

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
  /** With two directions behind which it is: features of the forward one, 0 if both are merged. */
  readonly forwardSize: number | undefined;
  /** A parameter by name; undefined if the layer has none. */
  parameters(name: string): Parameter | undefined;
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

/** Writes a weight; int8 becomes float32 in the graph, by scales along `axis`. */
export function emitWeight(
  { g, prefix, parameters }: LayerCall,
  name: string,
  axis = 0,
  { shape, data } = parameters(name)!,
): string {
  const weight = g.weight(`${prefix}${name}`, shape, data);
  const scale = parameters(`${name}.scale`);
  if (!scale) return weight;
  return g.one('DequantizeLinear', [weight, g.weight(`${weight}.scale`, scale.shape, scale.data)], { axis });
}
