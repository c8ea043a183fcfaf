import type { Runner } from '../core/runner.ts';

/** Copies the states of one row to another. */
export function copyRow(runner: Runner, from: number, to: number): void {
  const { states } = runner.live.plan;
  for (let i = 0; i < states.length; i++) {
    const { ptr, shape } = states[i]!.initial;
    const W = shape[1]!;
    copy(runner, ptr / 4 + from * W, ptr / 4 + to * W, W);
  }
}

/** Has the states of two rows change places. */
export function swapRows(runner: Runner, a: number, b: number): void {
  const { plan, spare } = runner.live;
  for (let i = 0; i < plan.states.length; i++) {
    const { ptr, shape } = plan.states[i]!.initial;
    const W = shape[1]!;
    copy(runner, ptr / 4 + a * W, spare.ptr / 4, W);
    copy(runner, ptr / 4 + b * W, ptr / 4 + a * W, W);
    copy(runner, spare.ptr / 4, ptr / 4 + b * W, W);
  }
}

/** Before its first call: takes over states and outputs of one of the same network and batch. */
export function takeOver(runner: Runner, other: Runner): void {
  const { plan } = runner.live;
  const { plan: from } = other.live;
  for (const [i, { initial }] of from.states.entries()) {
    runner.network.arena.copy(initial, plan.states[i]!.initial);
  }
  copy(runner, other.lastOf(0) / 4, plan.output.ptr / 4, runner.batch * runner.network.outputSize);
  runner.fresh.set(other.fresh);
  runner.ran = other.ran;
}

function copy({ network }: Runner, from: number, to: number, n: number): void {
  network.arena.f32.copyWithin(to, from, from + n);
}
