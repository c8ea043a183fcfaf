import { elements } from '../allocate.ts';
import type { Layer } from '../engine/layer.ts';
import type { Network } from '../engine/network.ts';
import { UNINITIALIZED } from '../engine/network.ts';
import { StateError } from '../errors.ts';
import type { ModelBase } from '../model/core/modelBase.ts';
import { Model } from '../model/graph/model.ts';
import { Sequential } from '../model/sequential.ts';
import type { NDArray } from '../ndarray.ts';
import { toInt8File } from './file.ts';
import { matricesOf } from './layers.ts';
import { type MatrixSpec, unpack } from './matrix.ts';
import { refuseGradients } from './refuse.ts';
import type { QuantReport } from './report.ts';

/** Parameters by name: int8 weights, their scales under the weight's name and `.scale`, and float32. */
export type QuantizedState = Record<string, { data: Int8Array | Float32Array; shape: readonly number[] }>;

// biome-ignore lint/suspicious/noExplicitAny: a mixin's constructor takes any arguments
type ModelClass = new (...args: any[]) => ModelBase & { toJSON(): object };

/** What both kinds of models with int8 weights have. */
export interface Int8Weights {
  /** What quantizing changed. */
  readonly report: QuantReport;
  /** Number of parameters, as of the model that it was made from. */
  readonly parameterCount: number;
  /** Copies of the parameters: int8 weights, their scales, and what stayed float32. */
  stateDict(): Record<string, NDArray>;
  /** @throws {StateError} always: quantize the model with the new parameters */
  loadStateDict(given?: unknown): void;
  /**
   * Saves the model as a safetensors file, which `loadQuantized` loads: int8 weights (I8), a scale per row (BF16), and what
   * stayed float32.
   * @throws {ArgumentError} if metadata values are not strings, or a key is `unrolled`
   */
  save(metadata?: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer>;
}

type Extended<T extends ModelClass> = new (
  layers: unknown,
  report: (model: ModelBase) => QuantReport,
) => InstanceType<T> & Int8Weights;

/** The class of a model, for inference with int8 weights. */
function int8Weights<T extends ModelClass>(Base: T): Extended<T> {
  class Quantized extends Base implements Int8Weights {
    readonly report: QuantReport;

    // biome-ignore lint/suspicious/noExplicitAny: a mixin's constructor takes any arguments
    constructor(...[layers, report]: any[]) {
      super(layers, UNINITIALIZED);
      refuseGradients(this.network);
      this.report = report(this);
    }

    override get parameterCount(): number {
      return countOf(this);
    }

    override stateDict(): Record<string, NDArray> {
      return stateOf(this) as Record<string, NDArray>;
    }

    override loadStateDict(): void {
      throw new StateError('loadStateDict: load them into the float model, and quantize that');
    }

    override save(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
      return toInt8File(super.save(metadata), matricesByName(this));
    }
  }
  return Quantized as never;
}

/** A `Sequential` with int8 weights, for inference. Made by `quantize` and `loadQuantized`. */
export class QuantizedSequential extends int8Weights(Sequential) {}

/** A `Model` with int8 weights, for inference. Made by `quantize` and `loadQuantized`. */
export class QuantizedModel extends int8Weights(Model) {}

/** The matrices of a model by the names of its parameters. */
export function matricesByName({
  layers,
  network,
}: {
  readonly layers: readonly Layer[];
  readonly network: Network;
}): Map<string, MatrixSpec> {
  const pairs = layers.flatMap((layer, i) =>
    (matricesOf(layer) ?? []).map((spec) => [`${network.prefixes[i]}${spec.name}`, spec] as const),
  );
  return new Map(pairs);
}

/** Parameters, as of the float model: without buffers. */
function countOf({ layers }: ModelBase): number {
  const specs = layers.flatMap(({ parameters }) => parameters.filter(({ buffer }) => !buffer));
  return specs.reduce((sum, { shape, holds }) => sum + (holds ?? elements(shape)), 0);
}

function stateOf(model: ModelBase): QuantizedState {
  const { network } = model;
  const matrices = matricesByName(model);
  const entries = Object.entries(network.stateDict()).flatMap(
    ([name, tensor]): [string, QuantizedState[string]][] => {
      const matrix = matrices.get(name);
      if (!matrix) return [[name, tensor]];
      const { values, scales } = unpack(tensor.data, matrix);
      return [
        [name, { data: values, shape: matrix.shape }],
        [`${name}.scale`, { data: scales, shape: [scales.length] }],
      ];
    },
  );
  return Object.fromEntries(entries);
}
