import type { KerasDescription } from '../../src/formats/keras/description.ts';
import { readKeras } from '../../src/formats/keras/readKeras.ts';
import { type KerasModel, kerasModelOf } from '../../src/keras/kerasModel.ts';
import { all } from './all.ts';

type Files = Uint8Array | Readonly<Record<string, Uint8Array>>;

/** What `readKeras` gives, without waiting. */
export function read(files: Files): KerasDescription {
  const named = files instanceof Uint8Array ? { '': files } : files;
  const { layers, storage } = all;
  const parts = { layers, storage, binary: storage, keras3: storage, manifest: storage };
  return readKeras(new Map(Object.entries(named)), undefined, parts);
}

/** What `loadKeras` gives, without waiting. */
export function load(files: Files): KerasModel {
  return kerasModelOf(read(files), all.layers.classes);
}
