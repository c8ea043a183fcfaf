import { integer, options } from '../check.ts';
import { AdaptedLayer } from '../custom/adaptLayer.ts';
import type { CustomLayerClass } from '../custom/layer.ts';
import type { Layer } from '../engine/layer.ts';
import { ArgumentError } from '../errors.ts';
import type { ModelBase } from '../model/core/modelBase.ts';
import type { SequentialBase } from '../model/core/sequentialBase.ts';
import { startFrom } from '../model/graph/initialStates.ts';
import { Model } from '../model/graph/model.ts';
import { nodesOf, structureOf } from '../model/graph/structure.ts';
import { ownModel } from '../model/ownModel.ts';
import { layerMaker } from '../model/registry.ts';
import { loadKernels } from './binaries.ts';
import { onQuantKernels } from './kernels.ts';
import { makeQuantized } from './layers.ts';
import {
  type Batches,
  batchesOf,
  errorToSignal,
  lossOf,
  measureOf,
  type QuantizeBatch,
  type QuantizeLoss,
} from './loss.ts';
import { pack, quantizeRows } from './matrix.ts';
import { matricesByName, QuantizedModel, QuantizedSequential } from './quantized.ts';
import { type QuantReport, reportOf, weightErrors } from './report.ts';

/** Options of `quantize`. */
export interface QuantizeOptions {
  /** Batches to measure what quantizing changes on, and to choose `planes` by. */
  readonly data?: QuantizeBatch | readonly QuantizeBatch[] | undefined;
  /** Loss of data with y; of several outputs by name. Default: that of the model's trainer. */
  readonly loss?: QuantizeLoss | undefined;
  /**
   * Planes of 7 bits that activations are quantized to: 1 (7 bits) is faster, 2 (14 bits) more exact. Default: 1 if the
   * loss on `data` changes by less than 0.5 %, or without y if the error-to-signal ratio of the outputs is below 1e-3; otherwise,
   * and without data, 2.
   */
  readonly planes?: 1 | 2 | undefined;
}

/** The largest relative change of the loss with one plane, where data decide. */
const MOST_CHANGE = 0.005;
/** The largest error-to-signal ratio of outputs with one plane, where data without targets decide. */
const MOST_ERROR = 1e-3;

/** A model after quantizing. */
export type Quantized<M> = M extends Model ? QuantizedModel : QuantizedSequential;

/**
 * Makes a model for inference with int8 weights of a trained one, which stays as it is. RNN, LSTM, GRU, Linear, Embedding and
 * Conv1d get int8 weights with a scale per row; their inputs and hidden states are quantized row by row with 7 or 14 bits,
 * products are exact integers, gates and all else are float32. Layers that can't be quantized stay float32; `report` says
 * why. Forward passes, streams and pools work as before; training is refused.
 *
 * @throws {ArgumentError} if an option is unknown or out of range, nothing can be quantized, a weight, an output or a loss is not
 * finite, or data has y without a loss or a loss is given without y
 * @throws {StateError} before `init()`
 * @throws {FeatureError} if the engine forbids compiling
 * @throws {MemoryError} beyond 2 GiB
 */
export function quantize<M extends SequentialBase | Model>(model: M, opts?: QuantizeOptions): Quantized<M> {
  ownModel(model);
  const given = options('quantize', opts, { data: true, loss: true, planes: true });
  const planes = given.planes === undefined ? undefined : integer('planes', given.planes, 1, 2);
  if (model instanceof QuantizedSequential || model instanceof QuantizedModel)
    throw new ArgumentError('model', 'a model that is not quantized', model);
  const batches = given.data === undefined ? [] : batchesOf(given.data);
  const hasTargets = batches[0]?.[1].y !== undefined;
  if (!hasTargets && given.loss !== undefined) throw new ArgumentError('loss', 'data with y', given.loss);
  const measure = hasTargets ? measureOf(model, given.loss) : undefined;
  loadKernels();
  const make = (planes: number) => {
    const made = quantizedForm(model, planes);
    made.metadata = (model as { metadata?: Model['metadata'] }).metadata ?? {};
    if (made instanceof QuantizedModel && model instanceof Model)
      startFrom(made, model.network.initialStates);
    try {
      if (batches.length)
        Object.assign(made, { report: { ...made.report, ...measured(model, made, batches, measure) } });
    } catch (error) {
      made.dispose();
      throw error;
    }
    return made;
  };
  if (planes !== undefined || !batches.length) return make(planes ?? 2) as Quantized<M>;
  const one = make(1);
  const { loss, errorToSignal = 0 } = one.report;
  if (loss ? Math.abs(loss.change) < MOST_CHANGE : errorToSignal < MOST_ERROR) return one as Quantized<M>;
  one.dispose();
  return make(2) as Quantized<M>;
}

function measured(
  model: ModelBase,
  made: ModelBase,
  batches: Batches,
  measure: ReturnType<typeof measureOf> | undefined,
): Partial<QuantReport> {
  const finite = (what: string) => (sum: number) => {
    if (!Number.isFinite(sum)) throw new ArgumentError('data', what, sum);
    return sum;
  };
  // nothing has changed if both are 0
  const relative = (change: number, of: number) => change && change / of;
  if (!measure) {
    const [error, signal] = errorToSignal(model, made, batches).map(finite('finite outputs'));
    return { errorToSignal: relative(error!, signal!) };
  }
  const [float, quantized] = [model, made].map(
    (one) => finite('x and y of a finite loss')(lossOf(one, measure, batches)) / batches.length,
  ) as [number, number];
  return { loss: { float, quantized, change: relative(quantized - float, float) } };
}

/** The quantized form of a model. @throws {ArgumentError} if nothing can be quantized */
function quantizedForm(model: ModelBase, planes: number): QuantizedSequential | QuantizedModel {
  const make = layerMaker(customLayers(model.layers));
  const most = Math.max(1, model.network.tensors.size);
  const layers = model.layers.map((layer) => make({ type: layer.type, ...layer.config(model.layers) }, most));
  const reasons = layers.map((layer) => makeQuantized(layer, planes));
  if (reasons.every((reason) => reason !== undefined))
    throw new ArgumentError('model', 'a layer that can be quantized', model);
  const { prefixes } = model.network;
  const floats = Object.entries(model.network.stateDict());
  const errors = new Map<string, [number, number]>();
  const report = (made: ModelBase) => {
    const { network } = made;
    const matrices = matricesByName(made);
    for (const [name, { data, shape }] of floats) {
      const matrix = matrices.get(name);
      const rows = matrix && quantizeRows(`model (${name})`, data, shape);
      if (rows) errors.set(name, weightErrors(data, rows));
      network.arena.write(network.tensors.get(name)!, rows ? pack(rows, matrix!) : data);
    }
    const ofLayers = prefixes.map((prefix) => {
      const own = [...errors].filter(([name]) => name.startsWith(prefix)).map(([, pair]) => pair);
      const [error, signal] = own.reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
      return own.length ? error / Math.max(signal, Number.MIN_VALUE) : undefined;
    });
    return reportOf(made, planes, reasons, ofLayers);
  };
  return onQuantKernels(() => {
    if (!(model instanceof Model)) return new QuantizedSequential(layers, report);
    return new QuantizedModel(nodesOf(structureOf(model.graph), layers), report);
  });
}

/** The classes of a model's custom layers by type. */
function customLayers(layers: readonly Layer[]): Record<string, CustomLayerClass> {
  const custom = layers.filter((layer) => layer instanceof AdaptedLayer);
  return Object.fromEntries(custom.map(({ type, custom }) => [type, custom.constructor as CustomLayerClass]));
}
