import type { CarryingTraining } from '../carryingTraining.ts';
import type { Batch } from '../core/batch.ts';
import type { StepResult } from '../core/trainerTypes.ts';
import type { StateRoom } from '../stateRoom.ts';
import { takeWindow } from './window.ts';

/** Truncated BPTT: an update every k1 steps, backward through k2 steps (Williams & Peng 1990). */
export interface Truncation {
  /** Number of steps per update. */
  readonly k1: number;
  /** Number of steps to go back; a multiple of k1. */
  readonly k2: number;
}

/**
 * Truncated backpropagation: an update after every k1 steps, with the loss of these steps, backward through the last k2
 * steps. If an update is refused, the updates before it stay.
 */
export function truncated(
  training: CarryingTraining,
  given: Batch,
  kept: StateRoom,
  { k1, k2 }: Truncation,
): StepResult {
  const { network, objective } = training;
  const { x, y } = given;
  const { arena } = network;
  const { steps, batch } = x;
  const length = Math.min(k2, steps);
  const slots = Math.ceil(length / k1);
  const room = training.roomNow(given);
  const ring = kept.take(batch, slots);
  const plan = training.plan(given, length, length, true);
  network.writeInput('x', plan, { data: x.data, steps: length, batch });
  const states = training.initialStates(given);
  let loss = 0;
  let counted = 0;
  let worst: StepResult | undefined;
  for (let end = 0, update = 0; end < steps; update++) {
    const from = end;
    end = Math.min(end + k1, steps);
    const back = Math.min(update, slots - 1);
    const start = (update - back) * k1;
    takeWindow(plan.rows, start, end - start, 'alone');
    network.writePart('x', plan, x);
    objective.writeTargets(plan, given);
    for (let i = 0; i < plan.states.length; i++) {
      const { initial, gradient } = plan.states[i]!;
      if (start > 0) arena.copy(ring[(update - back) % slots]![i]!, initial);
      else if (states) arena.copy(states[i]!, initial);
      else arena.clear(initial);
      if (gradient) arena.clear(gradient);
    }
    const skipped = (from - start) * batch;
    const rows = (end - from) * batch;
    const size = network.outputSize;
    const count = objective.counted(given, rows, from * batch, y.data);
    arena.clear({ ...plan.outputGradient, length: skipped * size });
    plan.begin();
    plan.forward();
    const sum = objective.run(given, plan, skipped, rows, plan.outputGradient.ptr, Math.max(count, 1));
    arena.clear(network.gradients);
    plan.backward(false);
    const result = training.update(count ? sum / count : 0, plan.penalty, given.factors[update]!);
    loss += count ? sum : 0;
    counted += count;
    if (!worst || result.gradNorm > worst.gradNorm) worst = result;
    for (let i = 0; i < plan.states.length; i++)
      arena.copy(plan.states[i]!.final, ring[(update + 1) % slots]![i]!);
  }
  for (let i = 0; room && i < plan.states.length; i++) arena.copy(plan.states[i]!.final, room[i]!);
  if (room) training.carry(batch);
  return { ...worst!, loss: loss / counted };
}
