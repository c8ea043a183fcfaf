import type { Activation } from '../../activations.ts';
import type { Cell } from './cell.ts';
import { configurableCell } from './configurableCell.ts';
import { type Configuration, configurableConfig, isPlain } from './configuration.ts';
import { withPenalty } from './penaltyPass.ts';

/** A cell of torch.nn, and what the activations are where it does. */
interface Plain {
  readonly cell: Cell;
  readonly activations: readonly Activation[];
}

/**
 * An RNN, LSTM or GRU with options: one of the plain cells where that does, else that of assembly/configurable; and the
 * options that are not at their default, for saved models.
 */
export function configurable(
  features: Configuration,
  plain: readonly Plain[],
): { cell: Cell; config: Record<string, unknown> } {
  const found = plain.find(({ activations }) => isPlain(features, activations));
  const cell = withPenalty(found?.cell ?? configurableCell(features), features.penalty);
  return { cell, config: configurableConfig(features) };
}
