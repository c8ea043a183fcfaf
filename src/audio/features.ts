import { ArgumentError, Verbatim } from '../errors.ts';
import type { SequentialBase } from '../model/core/sequentialBase.ts';

/** Input and output features per row. @throws {ArgumentError} if it is not a Sequential, or its input is indices */
export function featuresOf(model: SequentialBase): {
  readonly inputSize: number;
  readonly outputSize: number;
} {
  if (!model?.network) throw new ArgumentError('model', 'a Sequential', model);
  const { input, outputSize } = model.network;
  if (input.kind !== 'features') {
    throw new ArgumentError('model', 'a model of features', new Verbatim('a model of indices'));
  }
  return { inputSize: input.size, outputSize };
}
