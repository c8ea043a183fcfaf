import { AdaptedLayer } from '../custom/adaptLayer.ts';
import type { CustomLayerClass } from '../custom/layer.ts';
import type { Layer } from '../engine/layer.ts';
import { ArgumentError } from '../errors.ts';
import * as recurrentLayers from '../layers/recurrentLayers.ts';
import { type LayerConfig, layerFromConfig, type makers } from './core/layerFactory.ts';

export type { LayerConfig } from './core/layerFactory.ts';

/** The type of a layer, as saved models have it. */
export type LayerName = keyof typeof recurrentLayers | keyof typeof makers;

/**
 * As layerFromConfig, of all recurrent layers.
 * @param custom layers of a user's own by type
 */
export function makeLayer(
  description: unknown,
  most: number,
  custom: Readonly<Record<string, CustomLayerClass>> = {},
): Layer {
  const { type, ...config } = (description ?? {}) as LayerConfig;
  if (typeof type !== 'string' || !Object.hasOwn(custom, type)) {
    return layerFromConfig(recurrentLayers, description, most);
  }
  const layer = new AdaptedLayer(new custom[type]!(config));
  if (layer.type === type) return layer;
  throw new ArgumentError(`layers.${type}`, `a layer of type ${type}`, layer.type);
}
