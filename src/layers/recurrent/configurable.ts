import type { Activation } from '../../activations.ts';
import type { Cell } from './cell.ts';
import { configurableCell } from './configurableCell.ts';
import { type Configuration, configurableConfig, isPlain } from './configuration.ts';
import { withPenalty } from './penaltyPass.ts';

/** A plain torch.nn cell, and the activations it requires. */
interface Plain {
  readonly cell: Cell;
  readonly activations: readonly Activation[];
}

/**
 * Chooses the cell of an RNN, LSTM or GRU: the plain one if no option requires assembly/configurable. Also returns
 * the options that differ from their defaults, for saved models.
 */
export function configurable(
  features: Configuration,
  plain: readonly Plain[],
): { cell: Cell; config: Record<string, unknown> } {
  const found = plain.find(({ activations }) => isPlain(features, activations));
  const cell = withPenalty(found?.cell ?? configurableCell(features), features.penalty);
  return { cell, config: configurableConfig(features) };
}
