import type { Layer } from '../../engine/layer.ts';
import { onlyInFullPackage } from '../../errors.ts';
import * as recurrentLayers from '../../layers/core/recurrentLayers.ts';
import { type LayerConfig, layerFromConfig } from './layerFactory.ts';

/** As layerFromConfig, of the plain cells. What else has a hiddenSize is a recurrent layer of the whole package. */
export function makeLayer(description: unknown, most: number): Layer {
  const { type, hiddenSize } = (description ?? {}) as Partial<LayerConfig>;
  if (typeof type === 'string' && hiddenSize !== undefined && !Object.hasOwn(recurrentLayers, type)) {
    throw onlyInFullPackage(`saved model: ${type}`);
  }
  return layerFromConfig(recurrentLayers, description, most);
}
