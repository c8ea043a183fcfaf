export * from './layers/core/recurrentLayers.ts';
export { Stream } from './model/stream.ts';
export { type Beam, type BeamOptions, beamSearch } from './model/streaming/beam.ts';
export { StreamPool, type StreamPoolOptions, StreamSession } from './model/streaming/pool.ts';
export type { StreamState } from './model/streaming/state.ts';
export { StreamingSequential as Sequential } from './model/streaming/streamingSequential.ts';
export * from './publicShared.ts';
export { type InitSyncOptions, initSync } from './wasm/initSync.ts';
