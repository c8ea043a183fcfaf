/**
 * Direct access to the kernels, on memory that the caller manages.
 * @module unrolled/kernels
 */

export type { InitOptions } from '../wasm/init.ts';
export { init } from '../wasm/inlined.ts';
export * from './public.ts';
