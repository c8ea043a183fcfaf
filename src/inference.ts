/**
 * Forward passes and streams only, with the kernels for inference.
 * @module unrolled/inference
 */

export * from './publicInference.ts';
export type { PlainInitOptions as InitOptions } from './wasm/init.ts';
export { init } from './wasm/inlinedInference.ts';
