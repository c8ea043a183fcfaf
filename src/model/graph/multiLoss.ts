import { number, reading } from '../../check.ts';
import { adaptLoss, isCustomLoss } from '../../custom/loss.ts';
import type { Graph } from '../../engine/graph.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import { type Loss, lossOf } from '../../losses/loss.ts';
import type { MemoryArena } from '../../memory/arena.ts';
import type { ModelBase } from '../core/modelBase.ts';
import type { Model } from './model.ts';
import { checkRecord } from './named.ts';

/** A loss by output of a graph, and its weight in the sum. */
export interface Part {
  readonly loss: Loss;
  readonly weight: number;
}

/** The weighted sum of a loss per output. */
export interface MultiLoss extends Loss {
  /** In the order of the graph's outputs. */
  readonly parts: readonly Part[];
  /** Whether one is a user's own. */
  readonly custom: boolean;
}

export function isMultiLoss(loss: Loss): loss is MultiLoss {
  return typeof loss === 'object' && 'parts' in loss;
}

/** The loss of a trainer: the one given, or the sum of those given by name. @throws {ArgumentError} as multiLoss */
export function oneLoss<L>(
  model: ModelBase,
  loss: L | Readonly<Record<string, L>>,
  weights: Readonly<Record<string, number>> | undefined,
): L | MultiLoss {
  const graph = (model as Model).graph as Graph | undefined;
  if (graph && areNamed(loss)) return multiLoss(graph, loss, weights, model.network.arena);
  if (weights !== undefined)
    throw new ArgumentError('lossWeights', 'undefined without losses by name', weights);
  return loss as L;
}

/** Whether one of several losses is a user's own. */
export function hasCustomPart(loss: unknown): boolean {
  return isMultiLoss(loss as Loss) && (loss as MultiLoss).custom;
}

/** Whether losses are given by name. */
function areNamed(loss: unknown): loss is Readonly<Record<string, unknown>> {
  if (typeof loss !== 'object' || loss === null) return false;
  return reading('loss', loss, () => {
    const { run, evaluate } = loss as { run?: unknown; evaluate?: unknown };
    return typeof run !== 'function' && typeof evaluate !== 'function';
  });
}

/**
 * The sum of a loss per output.
 * @param weights by output; default 1
 * @throws {ArgumentError} unless there is a loss for each output, and no others
 */
function multiLoss(
  { outputs, single }: Graph,
  losses: Readonly<Record<string, unknown>>,
  weights: Readonly<Record<string, number>> | undefined,
  arena: MemoryArena,
): MultiLoss {
  if (single.output) throw new ArgumentError('loss', 'one loss, since the model has one output', losses);
  checkRecord('loss', losses, outputs, false);
  if (weights !== undefined) checkRecord('lossWeights', weights, outputs, false, true);
  const parts = outputs.map(({ name }) => {
    const weight = reading('lossWeights', weights, () => weights?.[name]) ?? 1;
    if (number(`lossWeights.${name}`, weight, 0) === 0) {
      throw new ArgumentError(`lossWeights.${name}`, 'a number above 0', weight);
    }
    return { loss: readLoss(`loss.${name}`, losses, name, arena), weight };
  });
  const never = () => {
    throw new ArgumentError('loss', 'one loss', new Verbatim('several'));
  };
  const { targets, ignoreIndex } = parts[0]!.loss;
  const name = parts.map(({ loss }, i) => `${outputs[i]!.name}: ${loss.name}`).join(', ');
  const custom = outputs.some((one) => isCustomLoss(losses[one.name]));
  return { name, targets, ignoreIndex, count: never, run: never, parts, custom };
}

function readLoss(
  label: string,
  losses: Readonly<Record<string, unknown>>,
  name: string,
  arena: MemoryArena,
): Loss {
  return reading(label, losses, () => {
    const given = losses[name];
    if (isCustomLoss(given)) return adaptLoss(given, arena);
    return lossOf(label, given as Loss);
  });
}
