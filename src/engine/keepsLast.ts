import type { Layer } from './layer.ts';

/**
 * Number of the layer that gives each direction's own last output itself, since a `LastStep` stands behind it with none
 * but element-wise layers between; −1 where there is none.
 */
export function keepsLast(layers: readonly Layer[]): number {
  const last = layers.findIndex(({ reducesSteps }) => reducesSteps);
  if (last < 0 || layers[last]!.sameStep) return -1;
  let before = last - 1;
  while (layers[before]?.elementwise) before--;
  return layers[before]?.hasDirections ? before : -1;
}
