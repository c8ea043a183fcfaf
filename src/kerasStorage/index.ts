/**
 * Readers of compressed data for `loadKeras`.
 * @module unrolled/keras-storage
 */

import { STORAGE } from '../formats/hdf5/storage/storage.ts';
import type { KerasStorage } from '../formats/keras/readKeras.ts';
import { inflate } from '../formats/zip/inflate.ts';

/**
 * Reads what Keras does not write by itself, for `loadKeras(files, { storage })`: deflated archives, HDF5 files with chunks,
 * deflate, shuffle and checksums, and their groups of many objects in the form of HDF5 1.8 and later.
 */
export const storage: KerasStorage = { ...STORAGE, inflate };
