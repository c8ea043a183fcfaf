import { FormatError, onlyInFullPackage, show } from '../../errors.ts';
import type { LayerConfig } from './layerFactory.ts';

/**
 * Version of the files that are written. 2: a `LastStep` behind a bidirectional layer gives each direction's own last
 * output. 1: it gave both directions at the last step, which is `sameStep` now.
 */
export const VERSION = 2;

/**
 * The layers of a file of any version, as this one describes them. fromVersion1: what the whole package has for a LastStep.
 * @throws {FormatError} no version that is known
 */
export function upgrade(
  version: unknown,
  layers: readonly LayerConfig[],
  fromVersion1?: (layers: readonly LayerConfig[]) => readonly LayerConfig[],
): readonly LayerConfig[] {
  if (version !== VERSION && version !== 1) {
    throw new FormatError(
      `saved model: expected version 1 to ${VERSION}, got ${show(version)} (a later one needs a later release)`,
    );
  }
  if (version === VERSION || !layers.some((layer) => layer?.type === 'LastStep')) return layers;
  if (!fromVersion1) throw onlyInFullPackage('saved model: LastStep of version 1');
  return fromVersion1(layers);
}
