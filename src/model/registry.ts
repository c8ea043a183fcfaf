import { GRU } from '../layers/gru.ts';
import { IndRNN } from '../layers/indRNN.ts';
import type { Layer } from '../layers/layer.ts';
import { LSTM } from '../layers/lstm.ts';
import { MinGRU } from '../layers/minGRU.ts';
import { MinLSTM } from '../layers/minLSTM.ts';
import { RNN } from '../layers/rnn.ts';
import { SRU } from '../layers/sru.ts';
import { makeBy } from './core/makers.ts';

export type { LayerConfig } from './core/makers.ts';

/** As makeBy, of all cells. */
export function makeLayer(description: unknown, most: number): Layer {
  return makeBy({ RNN, LSTM, GRU, MinGRU, MinLSTM, IndRNN, SRU }, description, most);
}
