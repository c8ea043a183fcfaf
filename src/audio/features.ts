import { ArgumentError, Verbatim } from '../errors.ts';
import type { SequentialBase } from '../model/core/sequentialBase.ts';

/** Features per row in and out. @throws {ArgumentError} what is no SequentialBase, or one that takes indices */
export function featuresOf(model: SequentialBase): {
  readonly inputSize: number;
  readonly outputSize: number;
} {
  if (!model?.network) throw new ArgumentError('model', 'a Sequential', model);
  const { input, outputSize } = model.network;
  if (input.kind !== 'features') {
    throw new ArgumentError('model', 'one that takes features', new Verbatim('one that takes indices'));
  }
  return { inputSize: input.size, outputSize };
}
