export * from './publicCore.ts';
export { init } from './wasm/importedCore.ts';
export type { PlainInitOptions as InitOptions } from './wasm/init.ts';
