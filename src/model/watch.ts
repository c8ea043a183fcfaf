import type { Flow } from '../diagnostics/flow.ts';
import { Observer } from '../diagnostics/observe.ts';
import type { Steps } from '../engine/batchIO.ts';
import { NonFiniteError } from '../errors.ts';
import type { MemoryArena } from '../memory/arena.ts';
import type { Given } from '../ndarray.ts';
import type { CarryingTraining } from './carryingTraining.ts';
import { emptyBatch } from './core/batch.ts';
import type { Look } from './core/trainerTypes.ts';
import { Model } from './graph/model.ts';
import { refuseChangedSteps, refuseFlow } from './graph/refusals.ts';
import type { Sequential } from './sequential.ts';

/** Forward and backward as the next step would, for `look` to see; nothing changes but the gradients, which are 0. */
export function watch(
  training: CarryingTraining,
  x: Given,
  y: Given,
  steps: Steps | undefined,
  look: Look,
): void {
  training.serves();
  const { network } = training;
  const { arena, generator } = network;
  network.during('flow', () => {
    const batch = training.read(emptyBatch(), x, y, steps);
    training.roomNow(batch);
    const plan = training.written(batch, true, true);
    const count = training.objective.count(batch, plan);
    generator.mark();
    try {
      training.ahead(batch, plan, count);
      const seen = look(plan);
      arena.clear(network.gradients);
      plan.backward(false);
      seen();
    } finally {
      arena.clear(network.gradients);
      generator.rewind();
    }
  });
}

/** @throws {ArgumentError | FeatureError} if the flow through a model can't be measured */
export function checkFlow(model: Sequential | Model): void {
  if (model instanceof Model) refuseFlow(model.graph);
  refuseChangedSteps(model.layers);
  Observer.check(model.network.arena);
}

/** Has an update tell how its gradient flows. */
export function watching(arena: MemoryArena): { readonly told: { flow?: Flow }; readonly look: Look } {
  const told: { flow?: Flow } = {};
  const look: Look = (plan) => {
    const observer = new Observer(arena, plan);
    return () => {
      told.flow = observer.summarize();
    };
  };
  return { told, look };
}

/** An error that tells where in the recurrent layers the numbers stopped being finite, if it was there. */
export function withOrigin({ step, loss, gradNorm }: NonFiniteError, flow: Flow | undefined): NonFiniteError {
  const found = flow?.nonFinite;
  const what = `step ${step}: the loss is ${loss}, the norm of the gradients ${gradNorm}; no weight was changed`;
  const numbers = { step: step!, loss: loss!, gradNorm: gradNorm! };
  if (!found) return new NonFiniteError(`${what}; all numbers in the recurrent layers are finite`, numbers);
  const { layer, direction, step: timeStep, gate } = found;
  const where = `recurrent layer ${layer} (${direction}), time step ${timeStep}, gate ${gate}: ${found.what}`;
  return new NonFiniteError(`${what}; it began in ${where}`, {
    ...numbers,
    layer,
    direction,
    timeStep,
    gate,
  });
}
