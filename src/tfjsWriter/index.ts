/**
 * Writes models as those of TensorFlow.js and Keras: model.json and weights.
 * @module unrolled/tfjs-writer
 */

export { ArgumentError, FormatError } from '../errors.ts';
export { type SaveTfjsOptions, saveTfjs } from './saveTfjs.ts';
