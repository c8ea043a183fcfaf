import { satisfies } from '../../custom/satisfies.ts';
import type { Network } from '../../engine/network.ts';
import { ArgumentError } from '../../errors.ts';
import type { Loss } from '../../losses/loss.ts';
import type { Objective } from '../core/objective.ts';
import { CTCObjective } from './ctcObjective.ts';
import { WeightedObjective } from './weightedObjective.ts';

/** The objective of a loss: of whole rows, or of steps. */
export function objectiveOf(network: Network, loss: Loss): Objective {
  return loss.blank === undefined ? new WeightedObjective(network, loss) : new CTCObjective(network, loss);
}

/** @throws {ArgumentError} for a loss of whole rows with what cuts the sequence, or in a graph */
export function refuseWholeRows(
  given: unknown,
  others: { readonly truncation?: unknown; readonly memoryBudget?: unknown; readonly graph?: unknown },
): void {
  const ofRows = satisfies(() => {
    const loss = typeof given === 'function' ? (given as () => Loss)() : (given as Loss);
    const { parts = [{ loss }] } = loss as { parts?: readonly { readonly loss: Loss }[] };
    return parts.some((part) => part.loss.blank !== undefined);
  });
  if (!ofRows) return;
  if (others.graph)
    throw new ArgumentError('loss', 'a loss of steps with a Model; ctc needs a Sequential', given);
  for (const name of ['truncation', 'memoryBudget'] as const) {
    if (others[name] !== undefined)
      throw new ArgumentError(name, 'none with ctc, which needs the sequence whole', others[name]);
  }
}
