import { layers } from '../../src/kerasLayers/index.ts';
import { storage } from '../../src/kerasStorage/index.ts';

/** Options of loadKeras with which it reads all that it can. */
export const all = { layers, storage };
