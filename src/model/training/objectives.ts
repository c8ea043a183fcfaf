import { satisfies } from '../../custom/satisfies.ts';
import type { Network } from '../../engine/network.ts';
import { ArgumentError } from '../../errors.ts';
import type { Loss } from '../../losses/loss.ts';
import { CTCObjective } from './ctcObjective.ts';
import { WeightedObjective } from './weightedObjective.ts';

/** The objective of a loss: of whole rows, or of steps. size: outputs per row; label: name of the targets in errors. */
export function objectiveOf(
  network: Network,
  loss: Loss,
  size?: number,
  label?: string,
): WeightedObjective | CTCObjective {
  const Made = loss.blank === undefined ? WeightedObjective : CTCObjective;
  return new Made(network, loss, size, label);
}

/** @throws {ArgumentError} for a loss of whole rows with what cuts the sequence */
export function refuseWholeRows(
  given: unknown,
  others: { readonly truncation?: unknown; readonly memoryBudget?: unknown },
): void {
  const ofRows = satisfies(() => {
    const loss = typeof given === 'function' ? (given as () => Loss)() : (given as Loss);
    const { parts = [{ loss }] } = loss as { parts?: readonly { readonly loss: Loss }[] };
    return parts.some((part) => part.loss.blank !== undefined);
  });
  if (!ofRows) return;
  for (const name of ['truncation', 'memoryBudget'] as const) {
    if (others[name] !== undefined)
      throw new ArgumentError(name, 'none with ctc, which needs the sequence whole', others[name]);
  }
}
