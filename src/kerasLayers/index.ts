/**
 * Layers of Keras that `loadKeras` loads when a model has one.
 * @module unrolled/keras-layers
 */

import { COMMON } from '../formats/keras/common.ts';
import { MORE } from '../formats/keras/more/more.ts';
import { kerasLayers } from './classes.ts';
import type { KerasLayers } from './table.ts';

export { kerasLayers } from './classes.ts';
export type { KerasLayers } from './table.ts';

/** All layers, options and operations besides those of `unrolled/keras`, for `loadKeras(files, { layers })`. */
export const layers: KerasLayers = {
  ...MORE,
  layers: { ...COMMON, ...MORE.layers },
  classes: kerasLayers,
};
