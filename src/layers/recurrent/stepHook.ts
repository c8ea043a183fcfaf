import type { LayerScope } from '../../engine/layer.ts';
import type { Cell, StepHook } from './cell.ts';

/** A cell whose backward pass limits the gradient of a step, and records norms for a plan with `flow`. clipStepNorm: 0 for no limit. */
export function withStepHook(cell: Cell, clipStepNorm: number): Cell {
  return {
    ...cell,
    lay: (scope, shape, from, place) =>
      cell.lay(scope, shape, from, place, scope.training ? stepHook(scope, clipStepNorm) : undefined),
  };
}

/**
 * The hook of a direction's backward pass (assembly/sequence/stepHook.ts).
 */
function stepHook(scope: LayerScope, clipStepNorm: number): StepHook | undefined {
  const { arena, flow, steps } = scope;
  if (!flow && clipStepNorm === 0) return undefined;
  const at = scope.keep('watch', 2);
  const norms = flow ? scope.keep('norms', steps, 3) : undefined;
  return {
    norms,
    write: () => {
      arena.f32[at.ptr / 4] = clipStepNorm;
      arena.i32[at.ptr / 4 + 1] = norms?.ptr ?? 0;
      return at.ptr;
    },
  };
}
