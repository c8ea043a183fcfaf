import type { CustomLoss } from '../custom/loss.ts';
import type { CustomOptimizer } from '../custom/optimizer.ts';
import type { Loss } from '../losses/loss.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { Schedule } from '../optim/schedules.ts';
import type { ModelBase } from './core/modelBase.ts';
import * as descriptions from './fromDescription.ts';
import type { Model } from './graph/model.ts';
import type { AnyLoss } from './trainerTypes.ts';

type MadeLoss = Loss | (() => Loss) | CustomLoss;

/** A loss or losses by output, those that are described created. @throws {ArgumentError} if a name is unknown */
export function lossesOf(
  model: ModelBase,
  given: AnyLoss | Readonly<Record<string, AnyLoss>>,
): MadeLoss | Readonly<Record<string, MadeLoss>> {
  const { graph } = model as Partial<Model>;
  const one = (loss: unknown, argument: string) =>
    descriptions.isDescription(loss)
      ? descriptions.makeLoss(loss as descriptions.LossDescription, argument)
      : (loss as MadeLoss);
  if (!graph || graph.single.output || typeof given !== 'object' || given === null) return one(given, 'loss');
  if (!graph.outputs.some(({ name }) => descriptions.isDescription((given as Record<string, unknown>)[name])))
    return given as MadeLoss;
  return Object.fromEntries(Object.entries(given).map(([name, loss]) => [name, one(loss, `loss.${name}`)]));
}

/** An optimizer and a schedule, created if they are described. @throws {ArgumentError} if a name is unknown */
export function described({
  optimizer,
  schedule,
}: {
  readonly optimizer: Optimizer | CustomOptimizer | descriptions.OptimizerDescription;
  readonly schedule?: Schedule | descriptions.ScheduleDescription | undefined;
}): { readonly optimizer: Optimizer | CustomOptimizer; readonly schedule?: Schedule | undefined } {
  const made = descriptions.isDescription(optimizer)
    ? descriptions.makeOptimizer(optimizer as descriptions.OptimizerDescription)
    : optimizer;
  if (schedule === undefined) return { optimizer: made as Optimizer };
  return {
    optimizer: made as Optimizer,
    schedule: descriptions.isDescription(schedule)
      ? descriptions.makeSchedule(schedule as descriptions.ScheduleDescription)
      : (schedule as Schedule),
  };
}
