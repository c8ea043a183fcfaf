import { FormatError, show } from '../../errors.ts';
import type { LayerConfig } from './layerFactory.ts';

/**
 * Version of the files that are written. 2: a `LastStep` behind a bidirectional layer gives each direction's own last
 * output. 1: it gave both directions at the last step, which is `sameStep` now.
 */
export const VERSION = 2;

let warned = false;

/** The layers of a file of any version, as this one describes them. @throws {FormatError} no version that is known */
export function upgrade(version: unknown, layers: readonly LayerConfig[]): readonly LayerConfig[] {
  if (version === VERSION) return layers;
  if (version === 1) return fromVersion1(layers);
  throw new FormatError(
    `saved model: expected version 1 to ${VERSION}, got ${show(version)} (a later one needs a later release)`,
  );
}

function fromVersion1(layers: readonly LayerConfig[]): readonly LayerConfig[] {
  const last = layers.findIndex((layer) => layer?.type === 'LastStep');
  let before = last - 1;
  while (layers[before]?.type === 'Dropout') before--;
  if (layers[before]?.bidirectional !== true) return layers;
  if (!warned) {
    console.warn(
      'unrolled: in a saved model of version 1 LastStep behind a bidirectional layer is LastStep({ sameStep: true })',
    );
  }
  warned = true;
  return layers.map((layer, i) => (i === last ? { ...layer, sameStep: true } : layer));
}
