import type { LayerScope } from '../../engine/layer.ts';

/** dP [V, gates] of a table that is multiplied instead of its rows (assembly/sequence/input.ts); nothing without one. */
export function tableGradient(scope: LayerScope, V: number, gates: number): { ptr: number; clear(): void } {
  if (!V) return { ptr: 0, clear: () => {} };
  const region = scope.keep('gradients of table products', V, gates);
  return { ptr: region.ptr, clear: () => scope.arena.clear(region) };
}
