import { integer, number } from '../../check.ts';
import type { Network } from '../../engine/network.ts';
import { ArgumentError } from '../../errors.ts';
import {
  type Match,
  matching,
  type ParameterGroup,
  type Part,
  partsOf,
  readGroups,
} from './parameterParts.ts';

/** Options of a trainer that only the whole package has. */
export interface FullOptions {
  /** First steps of each row that run, but don't count in the loss. Default 0. */
  readonly warmup?: number | undefined;
  /**
   * Parameters that stay as they are: names (`'0.weight'`; `'0'` for a whole layer) or patterns (`/^0\./`). No gradient is
   * computed for the layers below the lowest one that is trained; `gradNorm` does not count frozen parameters.
   */
  readonly frozen?: readonly Match[] | undefined;
  /** Parameters with a learning rate or a weight decay of their own, as parameter groups of torch.optim. */
  readonly groups?: readonly ParameterGroup[] | undefined;
  /** Number of steps from update to update, which is made with the mean of their gradients. Default 1. */
  readonly accumulate?: number | undefined;
  /**
   * Decay of exponential moving averages of the parameters, at least 0 and below 1, such as 0.999. Default: none are
   * kept. See `swapAverages`.
   */
  readonly averages?: number | undefined;
}

/** The options as a training needs them. */
export interface CheckedOptions {
  readonly warmup: number;
  readonly accumulate: number;
  readonly averages: number | undefined;
  readonly frozen: ReadonlySet<string>;
  readonly parts: readonly Part[];
}

/**
 * Checks them for a model.
 * @throws {ArgumentError} if a number is out of range, a name or pattern matches nothing, all parameters are frozen, or
 * groups overlap
 */
export function checkOptions(network: Network, given: FullOptions, truncation: unknown): CheckedOptions {
  const { warmup = 0, accumulate = 1, averages, frozen = [], groups = [] } = given;
  integer('warmup', warmup, 0);
  integer('accumulate', accumulate, 1);
  if (truncation && accumulate > 1) {
    const what = 'none with truncation, which makes several updates a step';
    throw new ArgumentError('accumulate', what, accumulate);
  }
  if (averages !== undefined) number('averages', averages, 0, 1, true);
  const names = [...network.parameters.keys()];
  const still = matching('frozen', frozen, names);
  if (names.length > 0 && still.size === names.length)
    throw new ArgumentError('frozen', 'at least one parameter that is not frozen', frozen);
  const parts = partsOf(network.parameters, still, readGroups(groups, names));
  return { warmup, accumulate, averages, frozen: still, parts };
}
