import type { Layer } from '../engine/layer.ts';
import * as recurrentLayers from '../layers/recurrentLayers.ts';
import { layerFromConfig, type makers } from './core/layerFactory.ts';

export type { LayerConfig } from './core/layerFactory.ts';

/** The type of a layer, as saved models have it. */
export type LayerName = keyof typeof recurrentLayers | keyof typeof makers;

/** As layerFromConfig, of all recurrent layers. */
export function makeLayer(description: unknown, most: number): Layer {
  return layerFromConfig(recurrentLayers, description, most);
}
