import type { LayerScope } from '../../engine/layer.ts';

/**
 * dP [V, gates] for a table that is multiplied instead of its rows (assembly/sequence/input.ts); undefined without a
 * table.
 */
export function tableGradient(scope: LayerScope, V: number, gates: number): { ptr: number; clear(): void } {
  if (!V) return { ptr: 0, clear: () => {} };
  const region = scope.keep('table gradients', V, gates);
  return { ptr: region.ptr, clear: () => scope.arena.clear(region) };
}
