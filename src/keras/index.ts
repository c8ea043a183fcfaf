/**
 * Loads models of Keras and TensorFlow.js.
 * @module unrolled/keras
 */

export { ArgumentError, FormatError, MemoryError, StateError, UnrolledError } from '../errors.ts';
export type * from '../formats/keras/description.ts';
export type { KerasStorage } from '../formats/keras/readKeras.ts';
export type { Tensor } from '../formats/keras/tensor.ts';
export type { KerasLayers } from '../kerasLayers/table.ts';
export type { KerasModel, KerasValues } from './kerasModel.ts';
export { type KerasFiles, type KerasOptions, loadKeras, readKeras } from './loadKeras.ts';
