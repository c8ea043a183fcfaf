/**
 * All of `unrolled` but the kernels, which `init({ wasm })` takes from the caller.
 * @module unrolled/slim
 */

export * from './public.ts';
export { type InitOptions, init } from './wasm/supplied.ts';
