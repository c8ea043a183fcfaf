/**
 * Readers of files of Keras that `loadKeras` loads when a file needs them.
 * @module unrolled/keras-storage
 */

import { readBinary } from '../formats/keras/binary.ts';
import { fromKeras3 } from '../formats/keras/keras3.ts';
import type { KerasStorage } from '../formats/keras/readKeras.ts';
import { ManifestWeights } from '../formats/keras/tfjsWeights.ts';
import { compressed } from './compressed.ts';

export type { KerasStorage } from '../formats/keras/readKeras.ts';

/**
 * All readers of files, for `loadKeras(files, { storage })`: `.keras` and `.h5` files, descriptions by Keras 3, shards of
 * TensorFlow.js; and what Keras does not write by itself: deflated archives, HDF5 files with chunks, deflate, shuffle and
 * checksums, and their groups of many objects in the form of HDF5 1.8 and later.
 */
export const storage: KerasStorage = { ...compressed, readBinary, fromKeras3, ManifestWeights };
