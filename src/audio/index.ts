/**
 * Runs a model in an AudioWorklet, one step per sample.
 * @module unrolled/audio
 */

export type { LayerConfig } from '../model/registry.ts';
export { AudioModel, type AudioModelOptions } from './audioModel.ts';
export { BlockStream } from './blockStream.ts';
export type { AudioSource } from './features.ts';
export { type PackedGraph, type PackedModel, packModel, unpackModel } from './packedModel.ts';
