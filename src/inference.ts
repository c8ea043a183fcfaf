export * from './publicInference.ts';
export type { InferenceInitOptions as InitOptions } from './wasm/init.ts';
export { init } from './wasm/inlinedInference.ts';
