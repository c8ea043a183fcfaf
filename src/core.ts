/**
 * torch.nn's recurrent layers and their training, with kernels of their own: what loads fast.
 * @module unrolled/core
 */

export * from './publicCore.ts';
export type { PlainInitOptions as InitOptions } from './wasm/init.ts';
export { init } from './wasm/inlinedCore.ts';
