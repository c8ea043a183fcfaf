import type { Runner } from '../core/runner.ts';

/** Whether all states of a row are finite. Allocates nothing. */
export function finiteStates({ live, network }: Runner, row: number): boolean {
  const { states } = live.plan;
  const { f32 } = network.arena;
  for (let i = 0; i < states.length; i++) {
    const { ptr, shape } = states[i]!.initial;
    const begin = ptr / 4 + row * shape[1]!;
    for (let at = begin; at < begin + shape[1]!; at++) if (f32[at]! - f32[at]! !== 0) return false;
  }
  return true;
}
