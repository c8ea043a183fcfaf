import type { Layer } from './layer.ts';

/**
 * Index of the layer that returns each direction's last output itself, because it is followed by a `LastStep` with
 * only element-wise layers in between; −1 if there is none.
 */
export function keepsLast(layers: readonly Layer[]): number {
  const last = layers.findIndex(({ reducesSteps }) => reducesSteps);
  if (last < 0 || layers[last]!.sameStep) return -1;
  let before = last - 1;
  while (layers[before]?.elementwise) before--;
  return layers[before]?.hasDirections ? before : -1;
}
