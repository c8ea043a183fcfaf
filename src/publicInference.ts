export { GRU, type GRUOptions } from './layers/core/gru.ts';
export { LSTM, type LSTMOptions } from './layers/core/lstm.ts';
export { RNN, type RNNOptions } from './layers/core/rnn.ts';
export { Sequential } from './model/core/sequential.ts';
export { type Beam, type BeamOptions, beamSearch } from './model/streaming/beam.ts';
export { StreamPool, type StreamPoolOptions, StreamSession } from './model/streaming/pool.ts';
export * from './publicShared.ts';
export { type InitSyncOptions, initSync } from './wasm/initSync.ts';
