import type { Steps } from '../engine/batchIO.ts';
import type { Given } from '../ndarray.ts';
import type { CarryingTraining } from './carryingTraining.ts';
import { emptyBatch } from './core/batch.ts';
import type { Look } from './core/trainerTypes.ts';

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
  network.enter('flow');
  try {
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
  } finally {
    network.leave();
  }
}
