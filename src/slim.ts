/**
 * `unrolled/core` without inlined kernels; pass them to `init({ wasm })`.
 * @module unrolled/slim
 */

export * from './publicCore.ts';
export { type InitOptions, init } from './wasm/supplied.ts';
