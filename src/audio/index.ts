/**
 * A model in an AudioWorklet, a step a sample.
 * @module unrolled/audio
 */

export type { LayerConfig } from '../model/registry.ts';
export { AudioModel, type AudioModelOptions } from './audioModel.ts';
export { BlockStream } from './blockStream.ts';
export { type Parcel, packModel, unpackModel } from './parcel.ts';
