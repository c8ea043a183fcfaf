/**
 * Forward passes and streams only, with the kernels for inference.
 * @module unrolled/inference
 */

export { init } from './wasm/inlinedInference.ts';

// after the kernels: see src/wasm/inlined.ts

export * from './publicInference.ts';
export type { PlainInitOptions as InitOptions } from './wasm/init.ts';
