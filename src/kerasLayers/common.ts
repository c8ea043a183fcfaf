import { COMMON } from '../formats/keras/common.ts';
import type { KerasLayers } from './table.ts';

/** Layers that many recurrent models have. */
export const common: KerasLayers = { layers: COMMON, classes: {} };
