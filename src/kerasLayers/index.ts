/**
 * Layers of Keras for `loadKeras` besides those that it has itself.
 * @module unrolled/keras-layers
 */

import { MORE } from '../formats/keras/more/more.ts';
import type { KerasLayers } from '../keras/kerasModel.ts';
import { kerasLayers } from './classes.ts';

export { kerasLayers } from './classes.ts';

/** Layers, options and operations that models seldom have, for `loadKeras(files, { layers })`. */
export const layers: KerasLayers = { ...MORE, classes: kerasLayers };
