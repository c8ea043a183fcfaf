import { ArgumentError, Verbatim } from '../errors.ts';
import type { ModelBase } from '../model/core/modelBase.ts';
import type { DescribedOptions } from '../worker/exposed.ts';

/**
 * Refuses what can't be computed in shards.
 * @throws {ArgumentError} for layers whose training depends on all rows of a batch, or local steps that one shard may skip
 */
export function refuseWholeBatches(
  { layers }: ModelBase,
  { nonFinite }: DescribedOptions,
  every: number | undefined,
): void {
  for (const layer of layers)
    if (layer.trainsWhole)
      throw new ArgumentError(
        'model',
        'layers that train on part of a batch',
        new Verbatim(`a ${layer.type} whose statistics need the whole batch`),
      );
  if (every !== undefined && nonFinite === 'skip')
    throw new ArgumentError('nonFinite', "'throw' or 'allow' with every", nonFinite);
}
