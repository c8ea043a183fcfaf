/**
 * Direct access to the kernels, on memory that the caller manages.
 * @module unrolled/kernels
 */

export { init } from '../wasm/inlined.ts';

// after the kernels: see src/wasm/inlined.ts

export type { InitOptions } from '../wasm/init.ts';
export * from './public.ts';
