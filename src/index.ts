/**
 * Layers, losses, optimizers, trainers, streams. The kernels are inlined: `init()` needs nothing.
 * @module unrolled
 */

export * from './public.ts';
export type { InitOptions } from './wasm/init.ts';
export { init } from './wasm/inlined.ts';
