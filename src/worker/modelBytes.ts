import { satisfies } from '../custom/satisfies.ts';
import { ArgumentError, StateError } from '../errors.ts';
import { isBytes, toBytes } from '../io/parse.ts';
import type { ModelBase } from '../model/core/modelBase.ts';
import type { ModelSource } from './types.ts';

/**
 * The bytes of a saved model: those that are given, or those of a model.
 * @throws {ArgumentError} if it is neither
 * @throws {StateError} if it is quantized
 */
export function modelBytes(argument: string, source: ModelSource): Uint8Array {
  if (isBytes(source)) return toBytes(source, argument);
  if (!satisfies(() => isModel(source)))
    throw new ArgumentError(argument, 'a Sequential, a Model or the bytes of a saved one', source);
  const { layers } = source as ModelBase;
  if (layers.some((layer) => layer.config(layers).quantized !== undefined))
    throw new StateError("a quantized model can't be trained: train the model that it was made from");
  return (source as ModelBase).save();
}

/** Whether it has what is used here; it may be of another copy of this package. */
function isModel({ save, layers }: Partial<ModelBase>): boolean {
  return (
    typeof save === 'function' &&
    Array.isArray(layers) &&
    layers.every((layer) => typeof layer.config === 'function')
  );
}
