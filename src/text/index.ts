/**
 * Loads models of texts: charRNN of ml5, and the LSTMs of ICU that find words.
 * @module unrolled/text
 */

export { ArgumentError, FeatureError, FormatError, StateError } from '../errors.ts';
export type { FileBytes } from '../fileBytes.ts';
export type { SegmenterUnit } from '../formats/text/segmenterFile.ts';
export { type CharRnn, loadCharRnn } from './charRnn.ts';
export { loadSegmenter, type Segmenter } from './segmenter.ts';
