import { STORAGE } from '../formats/hdf5/storage/storage.ts';
import type { Compressed } from '../formats/keras/binary.ts';
import { inflate } from '../formats/zip/inflate.ts';

/** Reads compressed data. */
export const compressed: Compressed = { ...STORAGE, inflate };
