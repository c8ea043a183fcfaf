/**
 * Loads models of guitar amplifiers: NAM, GuitarML, Proteus, AIDA-X, RTNeural.
 * @module unrolled/amp
 */

import { readAmp } from '../formats/amp/readAmp.ts';
import { AmpModel } from './ampModel.ts';

export type { InitialStates } from '../engine/graph.ts';
export { ArgumentError, FormatError, StateError } from '../errors.ts';
export type { AmpModel };

/**
 * Loads a model of an amplifier, which streams and trains: `.nam` of Neural Amp Modeler (LSTM), JSON of GuitarML and
 * Proteus, of AIDA-X and RTNeural (LSTM, GRU, dense, conv1d, batchnorm, activations; `skip`), or a state dict as JSON whose
 * modules follow each other. Gains are in `metadata`, not applied.
 *
 * @param file bytes, text, or what JSON.parse gives
 * @throws {ArgumentError} if it is something else
 * @throws {FormatError} if it is not valid, or of another architecture; the message says where
 * @throws {StateError} before `init()`
 */
export function loadAmp(file: Uint8Array | ArrayBuffer | string | object): AmpModel {
  return new AmpModel(readAmp(file));
}
