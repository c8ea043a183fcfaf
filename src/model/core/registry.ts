import type { Layer } from '../../engine/layer.ts';
import { onlyInFullPackage } from '../../errors.ts';
import * as recurrentLayers from '../../layers/core/recurrentLayers.ts';
import type * as all from '../../layers/recurrentLayers.ts';
import { type LayerConfig, layerFromConfig } from './layerFactory.ts';

/** Types that the whole package makes. */
const OTHERS: Record<Exclude<keyof typeof all, keyof typeof recurrentLayers>, true> = {
  MinGRU: true,
  MinLSTM: true,
  IndRNN: true,
  SRU: true,
};

/** As layerFromConfig, of the plain cells. */
export function makeLayer(description: unknown, most: number): Layer {
  const type = (description as LayerConfig | undefined)?.type;
  if (Object.hasOwn(OTHERS, type ?? '')) throw onlyInFullPackage(`saved model: ${type}`);
  return layerFromConfig(recurrentLayers, description, most);
}
