import type { Layer } from '../../engine/layer.ts';
import { onlyInFullPackage } from '../../errors.ts';
import type * as recurrentLayers from '../../layers/core/recurrentLayers.ts';
import { GRU, LSTM, RNN } from '../../layers/core/recurrentLayers.ts';
import { Dropout } from '../../layers/dropout.ts';
import { Embedding } from '../../layers/embedding.ts';
import { LastStep } from '../../layers/lastStep.ts';
import { Linear } from '../../layers/linear.ts';
import { type LayerConfig, layerFromConfig, makersOf, type RecurrentClass } from './layerFactory.ts';

/** By name, one for each of the list: an object of our own, where `import *` makes bundlers add a helper. */
const RECURRENT: Readonly<Record<keyof typeof recurrentLayers, RecurrentClass>> = { GRU, LSTM, RNN };

/** As layerFromConfig, of the plain cells. What else is named as a class is a layer of the whole package. */
export function makeLayer(description: unknown, most: number): Layer {
  const { type } = (description ?? {}) as Partial<LayerConfig>;
  const makers = makersOf({ Dropout, Embedding, LastStep, Linear });
  if (/^[A-Z]\w+$/.test(`${type}`) && !Object.hasOwn({ ...makers, ...RECURRENT }, type!)) {
    throw onlyInFullPackage(`saved model: ${type}`);
  }
  return layerFromConfig(makers, RECURRENT, description, most);
}
