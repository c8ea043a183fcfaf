// The list of recurrent layers that unrolled/core, slim and inference have.
export { GRU, type GRUOptions } from './gru.ts';
export { LSTM, type LSTMOptions } from './lstm.ts';
export { RNN, type RNNOptions } from './rnn.ts';
