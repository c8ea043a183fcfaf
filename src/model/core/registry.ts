import type { Layer } from '../../engine/layer.ts';
import { onlyInFullPackage } from '../../errors.ts';
import { GRU } from '../../layers/core/gru.ts';
import { LSTM } from '../../layers/core/lstm.ts';
import { RNN } from '../../layers/core/rnn.ts';
import { type LayerConfig, layerFromConfig } from './layerFactory.ts';

/** Types that the whole package makes. */
const OTHERS = ['MinGRU', 'MinLSTM', 'IndRNN', 'SRU'];

/** As layerFromConfig, of the plain cells. */
export function makeLayer(description: unknown, most: number): Layer {
  const type = (description as LayerConfig | undefined)?.type;
  if (OTHERS.includes(type!)) throw onlyInFullPackage(`saved model: ${type}`);
  return layerFromConfig({ RNN, LSTM, GRU }, description, most);
}
