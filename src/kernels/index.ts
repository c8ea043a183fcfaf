/**
 * The kernels alone, over an arena of the caller's.
 * @module unrolled/kernels
 */

export type { InitOptions } from '../wasm/init.ts';
export { init } from '../wasm/inlined.ts';
export * from './public.ts';
