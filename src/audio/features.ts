import type { Graph } from '../engine/graph.ts';
import { ArgumentError, reading, Verbatim } from '../errors.ts';
import type { SequentialBase } from '../model/core/sequentialBase.ts';
import type { Model } from '../model/graph/model.ts';

/** A model that can run on blocks of samples. A `Model` has one input and one output. */
export type AudioSource = SequentialBase | Model;

/** @throws {ArgumentError} if it is no model */
export function checkModel(model: AudioSource): void {
  if (!reading('model', model, () => Array.isArray(model?.layers) && model.network?.input))
    throw new ArgumentError('model', 'a Sequential or a Model', model);
}

/**
 * Input and output features per row.
 * @throws {ArgumentError} if it is not a model, its input is indices, or it has several inputs or outputs
 */
export function featuresOf(model: AudioSource): {
  readonly inputSize: number;
  readonly outputSize: number;
} {
  checkModel(model);
  const { input, outputSize, graph } = model.network as typeof model.network & { readonly graph?: Graph };
  if (graph && graph.inputs.length + graph.outputs.length > 2) {
    const came = new Verbatim(`one of ${graph.inputs.length} and ${graph.outputs.length}`);
    throw new ArgumentError('model', 'a model of one input and one output', came);
  }
  if (input.kind !== 'features') {
    throw new ArgumentError('model', 'a model of features', new Verbatim('a model of indices'));
  }
  return { inputSize: input.size, outputSize };
}
