import { elements } from '../allocate.ts';
import type { Layer } from '../engine/layer.ts';
import type { ModelBase } from '../model/core/modelBase.ts';
import { matricesOf } from './layers.ts';
import type { Int8Rows } from './matrix.ts';
import { sizesOf } from './matrix.ts';

/** What became of a layer. */
export interface LayerReport {
  /** What its parameters begin with: its index or name. */
  readonly name: string;
  /** Class name. */
  readonly type: string;
  /** Bits of its weights: 8, or 32 if it stayed float32. */
  readonly bits: 8 | 32;
  /** Why it stayed float32. */
  readonly reason?: string | undefined;
  /** Bytes of its parameters, in a file. */
  readonly bytes: number;
  /** Bytes of its parameters in float32. */
  readonly floatBytes: number;
  /** Σ (w − ŵ)² / Σ w² of its quantized weights. Of a loaded model: undefined. */
  readonly weightError?: number | undefined;
}

/** What quantizing changed. */
export interface QuantReport {
  /** Planes of 7 bits of activations: 1 or 2. */
  readonly planes: number;
  /** What became of each layer. */
  readonly layers: readonly LayerReport[];
  /** Bytes of all parameters, in a file. */
  readonly bytes: number;
  /** Bytes of all parameters in float32. */
  readonly floatBytes: number;
  /** On the given data. */
  readonly loss?:
    | {
        /** Mean loss of the float32 model. */
        readonly float: number;
        /** Mean loss of the quantized model. */
        readonly quantized: number;
        /** (quantized − float) / float. */
        readonly change: number;
      }
    | undefined;
  /** On given data without targets: Σ (y − ŷ)² / Σ y² of the outputs. */
  readonly errorToSignal?: number | undefined;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** @param reasons why layers stayed float32 @param errors of weights, by layer */
export function reportOf(
  model: ModelBase,
  planes: number,
  reasons: readonly (string | undefined)[] = [],
  errors: readonly (number | undefined)[] = [],
): QuantReport {
  const { layers, network } = model;
  const list = layers.map((layer, i): LayerReport => {
    const matrices = matricesOf(layer);
    const sizes = (matrices ?? []).map(({ shape }) => sizesOf(shape));
    const elements = sum(sizes.map(([rows, columns]) => rows * columns));
    const others = 4 * otherNumbers(layer);
    return {
      name: network.prefixes[i]!.slice(0, -1),
      type: layer.type,
      bits: matrices ? 8 : 32,
      ...(reasons[i] === undefined ? {} : { reason: reasons[i] }),
      bytes: elements + 2 * sum(sizes.map(([rows]) => rows)) + others,
      floatBytes: 4 * elements + others,
      ...(errors[i] === undefined ? {} : { weightError: errors[i] }),
    };
  });
  return {
    planes,
    layers: list,
    bytes: sum(list.map(({ bytes }) => bytes)),
    floatBytes: sum(list.map(({ floatBytes }) => floatBytes)),
  };
}

/** Numbers of a layer that are not int8. */
function otherNumbers(layer: Layer): number {
  const matrices = matricesOf(layer) ?? [];
  const others = layer.parameters.filter((spec) => !matrices.some(({ name }) => name === spec.name));
  return sum(others.map(({ shape }) => elements(shape)));
}

/** Σ (w − ŵ)² and Σ w² of quantized weights. */
export function weightErrors(
  data: Float32Array,
  { values, scales }: Int8Rows,
): [error: number, signal: number] {
  const columns = values.length / scales.length;
  let [error, signal] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    const value = values[i]! * scales[Math.floor(i / columns)]!;
    error += (data[i]! - value) ** 2;
    signal += data[i]! ** 2;
  }
  return [error, signal];
}
