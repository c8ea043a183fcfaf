/**
 * Layers, losses, optimizers, trainers and streams. The kernels are inlined, so `init()` needs no files.
 * @module unrolled
 */

export { init } from './wasm/inlined.ts';

// after the kernels: see src/wasm/inlined.ts

export * from './public.ts';
export type { InitOptions } from './wasm/init.ts';
