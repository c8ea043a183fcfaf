import { AdaptedLayer } from '../custom/adaptLayer.ts';
import { adaptLoss, type CustomLoss, isCustomLoss } from '../custom/loss.ts';
import { AdaptedOptimizer, type CustomOptimizer, isCustomOptimizer } from '../custom/optimizer.ts';
import type { Loss } from '../losses/loss.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { CarryingTraining } from './carryingTraining.ts';
import type { ModelBase } from './core/modelBase.ts';

/** A loss and an optimizer, each of this package or of a user's own. */
interface Given {
  readonly loss: Loss | (() => Loss) | CustomLoss;
  readonly optimizer: Optimizer | CustomOptimizer;
}

/** Whether a model, a loss or an optimizer runs code of the user's. */
export function hasCustom(model: ModelBase, { loss, optimizer }: Given): boolean {
  const layers = model.layers.some((layer) => layer instanceof AdaptedLayer);
  return layers || isCustomLoss(loss) || isCustomOptimizer(optimizer);
}

/** Options whose loss and optimizer are as a trainer takes them. @throws {ArgumentError} as adaptLoss, AdaptedOptimizer */
export function adapted<T extends Given>(
  model: ModelBase,
  given: T,
): Omit<T, keyof Given> & { readonly loss: Loss | (() => Loss); readonly optimizer: Optimizer } {
  const { loss, optimizer, ...others } = given;
  const { arena } = model.network;
  return {
    ...others,
    loss: isCustomLoss(loss) ? adaptLoss(loss, arena) : loss,
    optimizer: isCustomOptimizer(optimizer) ? new AdaptedOptimizer(optimizer, arena) : optimizer,
  };
}

/** Runs an update; if it throws, parameters, optimizer, carried states and generator are as they were. */
export function undoneOnError<T>(training: CarryingTraining, update: () => T): T {
  const { network, optimizer, carried } = training;
  const { arena, generator } = network;
  const regions = [network.block, ...training.kept().map(([, region]) => region), ...(carried?.states ?? [])];
  const values = regions.map((region) => arena.read(region));
  const before = { optimizer: optimizer.state(), generator: generator.state };
  const resume = training.resume(training.progress());
  try {
    return update();
  } catch (error) {
    for (const [i, region] of regions.entries()) arena.write(region, values[i]!);
    optimizer.restore(before.optimizer);
    generator.state = before.generator;
    training.carried = carried;
    resume();
    network.version++;
    throw error;
  }
}
