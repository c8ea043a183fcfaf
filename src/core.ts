/**
 * torch.nn's recurrent layers and their training, with a smaller build of the kernels for fast loading.
 * @module unrolled/core
 */

export { init } from './wasm/inlinedCore.ts';

// after the kernels: see src/wasm/inlined.ts

export * from './publicCore.ts';
export type { PlainInitOptions as InitOptions } from './wasm/init.ts';
