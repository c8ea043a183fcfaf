/**
 * Forward passes and streams alone, with kernels that do no more.
 * @module unrolled/inference
 */

export * from './publicInference.ts';
export type { PlainInitOptions as InitOptions } from './wasm/init.ts';
export { init } from './wasm/inlinedInference.ts';
