// The list of recurrent layers: entry points, saved models, fixtures and tests follow from it.
export { GRU, type GRUOptions } from './gru.ts';
export { IndRNN, type IndRNNOptions } from './indRNN.ts';
export { LSTM, type LSTMOptions } from './lstm.ts';
export { MinGRU } from './minGRU.ts';
export { MinLSTM } from './minLSTM.ts';
export { RNN, type RNNOptions } from './rnn.ts';
export { SLSTM, type SLSTMOptions } from './slstm.ts';
export { SRU, type SRUBackwardResult, type SRUForwardResult } from './sru.ts';
