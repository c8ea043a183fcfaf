import { ArgumentError, StateError, Verbatim } from '../errors.ts';
import type { ModelBase } from '../model/core/modelBase.ts';
import type { DescribedOptions } from '../worker/exposed.ts';

/**
 * Refuses what can't be computed in shards.
 * @throws {ArgumentError} for layers whose training depends on all rows of a batch
 * @throws {StateError} for options that make several updates of a step, or one of several steps
 */
export function refuseWholeBatches(
  { layers }: ModelBase,
  { accumulate, truncation, nonFinite }: DescribedOptions,
  shards: number,
  every: number | undefined,
): void {
  for (const layer of layers) {
    const penalty = (layer.config() as { penalty?: unknown }).penalty !== undefined;
    const needs = layer.trainsWhole ? 'statistics' : penalty && shards > 1 && 'penalty';
    if (needs)
      throw new ArgumentError(
        'model',
        'layers that train on part of a batch',
        new Verbatim(`a ${layer.type} whose ${needs} needs the whole batch`),
      );
  }
  if (accumulate !== undefined && accumulate > 1)
    throw new StateError('ClusterTrainer: not with accumulate; use larger batches and more shards');
  if (truncation !== undefined) throw new StateError('ClusterTrainer: not with truncation; use carryState');
  if (every !== undefined && nonFinite === 'skip')
    throw new ArgumentError('nonFinite', "'throw' or 'allow' with every", nonFinite);
}
