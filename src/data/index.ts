/**
 * Prepares data for training: vocabularies, windows, normalization, padding, batches, WAV files. Pure functions over
 * typed arrays; needs no WebAssembly and no `init()`.
 * @module unrolled/data
 */

export { ArgumentError, FormatError, MemoryError, ShapeError } from '../errors.ts';
export type { NDArray } from '../ndarray.ts';
export { argmax } from './argmax.ts';
export {
  type BatchesOptions,
  type BatchTarget,
  batches,
  type DataBatch,
  type Example,
  type NamedExample,
  type TargetLike,
} from './batches.ts';
export { CharacterVocabulary } from './characters.ts';
export { Lanes, type LanesBatch, type LanesOptions } from './lanes.ts';
export * as metrics from './metrics/all.ts';
export type { Metric, MetricFunction, MetricRows, MetricValue } from './metrics/metric.ts';
export { Normalizer, type NormalizerOptions } from './normalizer.ts';
export { type Padded, pad, type SequenceLike } from './pad.ts';
export { shuffled } from './shuffle.ts';
export { type SplitOptions, split } from './split.ts';
export { parseWav, serializeWav, type Wav, type WavFormat, type WavOptions } from './wav.ts';
export { type Windows, type WindowsOptions, windows } from './windows.ts';
export { WordVocabulary, type WordVocabularyOptions } from './words.ts';
