import { elsewhere } from '../../errors.ts';
import { GRU } from '../../layers/core/gru.ts';
import { LSTM } from '../../layers/core/lstm.ts';
import { RNN } from '../../layers/core/rnn.ts';
import type { Layer } from '../../layers/layer.ts';
import { type LayerConfig, makeBy } from './makers.ts';

/** Types that the whole package makes. */
const OTHERS = ['MinGRU', 'MinLSTM', 'IndRNN', 'SRU'];

/** As makeBy, of the plain cells. */
export function makeLayer(description: unknown, most: number): Layer {
  const type = (description as LayerConfig | undefined)?.type;
  if (OTHERS.includes(type!)) throw elsewhere(`saved model: ${type}`);
  return makeBy({ RNN, LSTM, GRU }, description, most);
}
