import { ArgumentError } from '../errors.ts';
import type { Layer } from './layer.ts';

/** @throws {ArgumentError} if a layer uses the parameters of a layer that is not among them */
export function checkUses(layers: readonly Layer[]): void {
  for (const [i, { type, uses = [] }] of layers.entries()) {
    const other = uses.find((used) => !layers.includes(used));
    if (other)
      throw new ArgumentError(`layers[${i}] (${type}).tied`, `an ${other.type} of the same model`, other);
  }
}
