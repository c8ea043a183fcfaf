export * from './publicInference.ts';
export { init } from './wasm/importedInference.ts';
export type { PlainInitOptions as InitOptions } from './wasm/init.ts';
