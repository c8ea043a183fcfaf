import type { Hdf5Storage } from '../file.ts';
import { readChunks } from './chunked.ts';
import { denseObjects } from './dense.ts';

/** Readers of all kinds of data. */
export const STORAGE: Hdf5Storage = { chunks: readChunks, objects: denseObjects };
