import { AdaptedLayer } from '../custom/adaptLayer.ts';
import type { CustomLayerClass } from '../custom/layer.ts';
import type { Layer } from '../engine/layer.ts';
import { ArgumentError } from '../errors.ts';
import { Dropout } from '../layers/graph/dropout.ts';
import { Embedding } from '../layers/graph/embedding.ts';
import { LastStep } from '../layers/graph/lastStep.ts';
import { Linear } from '../layers/graph/linear.ts';
import * as recurrentLayers from '../layers/recurrentLayers.ts';
import { type LayerConfig, layerFromConfig, makersOf } from './core/layerFactory.ts';

export type { LayerConfig } from './core/layerFactory.ts';

/** How layers other than recurrent ones are created. */
const MAKERS = { ...makersOf({ Dropout, Embedding, LastStep, Linear }) };

/** The type of a layer, as saved models have it. */
export type LayerName = keyof typeof recurrentLayers | keyof typeof MAKERS;

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
    return layerFromConfig(MAKERS, recurrentLayers, description, most);
  }
  const layer = new AdaptedLayer(new custom[type]!(config));
  if (layer.type === type) return layer;
  throw new ArgumentError(`layers.${type}`, `a layer of type ${type}`, layer.type);
}
