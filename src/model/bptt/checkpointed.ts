import type { CarryingTraining } from '../carryingTraining.ts';
import type { Batch } from '../core/batch.ts';
import type { StepResult } from '../core/trainerTypes.ts';
import type { StateRoom } from '../stateRoom.ts';
import { type CheckpointReport, splitAt } from './checkpoints.ts';
import { takeWindow } from './window.ts';

/** Runs forward to the end and keeps only states, then runs each segment forward again and backward, from last to first. */
export function checkpointed(
  training: CarryingTraining,
  given: Batch,
  states: StateRoom,
  report: CheckpointReport,
): StepResult {
  const { segmentSteps, segments, checkpoints } = report;
  const { network, objective } = training;
  const { x, y } = given;
  const { arena } = network;
  const { steps, batch } = x;
  const room = training.roomNow(given);
  const kept = states.take(batch, checkpoints);
  const plan = training.plan(given, segmentSteps, steps, true);
  network.writeInput('x', plan, { data: x.data, steps: segmentSteps, batch });
  const count = objective.counted(given, steps * batch, 0, y.data);
  const initials = training.initialStates(given);
  for (let i = 0; i < plan.states.length; i++) {
    const { initial, gradient } = plan.states[i]!;
    if (initials) arena.copy(initials[i]!, initial);
    else arena.clear(initial);
    arena.copy(initial, kept[0]![i]!);
    if (gradient) arena.clear(gradient);
  }
  arena.clear(network.gradients);
  plan.begin();
  let loss = 0;
  const ahead = (segment: number) => {
    const t = segment * segmentSteps;
    takeWindow(plan.rows, t, Math.min(segmentSteps, steps - t), 'together');
    network.writePart('x', plan, x);
    plan.forward();
  };
  const back = (segment: number) => {
    ahead(segment);
    if (segment === segments - 1) {
      for (let i = 0; room && i < plan.states.length; i++) arena.copy(plan.states[i]!.final, room[i]!);
    }
    objective.writeTargets(plan, given);
    loss += objective.run(given, plan, 0, plan.rows.count, plan.outputGradient.ptr, count);
    plan.backward(false, segment === 0);
  };
  const load = (slot: number) => {
    for (let i = 0; i < plan.states.length; i++) arena.copy(kept[slot]![i]!, plan.states[i]!.initial);
  };
  // segments from..to−1; the state at the start of the first one is kept in `slot`
  const solve = (from: number, to: number, slot: number): void => {
    load(slot);
    if (to - from === 1) {
      back(from);
      return;
    }
    const free = checkpoints - slot;
    const split = splitAt(to - from, free);
    for (let k = from; k < from + split; k++) {
      ahead(k);
      for (const { initial, final } of plan.states) arena.copy(final, initial);
    }
    if (free === 1) {
      back(to - 1);
      solve(from, to - 1, slot);
      return;
    }
    for (let i = 0; i < plan.states.length; i++) arena.copy(plan.states[i]!.initial, kept[slot + 1]![i]!);
    solve(from + split, to, slot + 1);
    solve(from, from + split, slot);
  };
  try {
    solve(0, segments, 0);
    const result = training.update(loss / count, plan.penalty, given.factors[0]!);
    if (room) training.carry(batch);
    return result;
  } catch (error) {
    // the next step starts from the same states as this one
    for (let i = 0; room && i < plan.states.length; i++) arena.copy(kept[0]![i]!, room[i]!);
    throw error;
  }
}
