import { ArgumentError } from '../errors.ts';
import type { Layer } from './layer.ts';

/** @throws {ArgumentError} if a layer is tied to a layer that is not among them */
export function checkTied(layers: readonly Layer[]): void {
  for (const [i, { type, tied }] of layers.entries()) {
    if (tied && !layers.includes(tied))
      throw new ArgumentError(`layers[${i}] (${type}).tied`, `an ${tied.type} of the same model`, tied);
  }
}
