/**
 * `unrolled/core` without kernels, which `init({ wasm })` takes from the caller.
 * @module unrolled/slim
 */

export * from './publicCore.ts';
export { type InitOptions, init } from './wasm/supplied.ts';
