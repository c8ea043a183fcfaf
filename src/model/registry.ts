import type { Layer } from '../engine/layer.ts';
import { GRU } from '../layers/gru.ts';
import { IndRNN } from '../layers/indRNN.ts';
import { LSTM } from '../layers/lstm.ts';
import { MinGRU } from '../layers/minGRU.ts';
import { MinLSTM } from '../layers/minLSTM.ts';
import { RNN } from '../layers/rnn.ts';
import { SRU } from '../layers/sru.ts';
import { layerFromConfig } from './core/layerFactory.ts';

export type { LayerConfig } from './core/layerFactory.ts';

/** As layerFromConfig, of all cells. */
export function makeLayer(description: unknown, most: number): Layer {
  return layerFromConfig({ RNN, LSTM, GRU, MinGRU, MinLSTM, IndRNN, SRU }, description, most);
}
