export * from './publicInference.ts';
export { init } from './wasm/importedInference.ts';
export type { InferenceInitOptions as InitOptions } from './wasm/init.ts';
