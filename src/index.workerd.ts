export * from './public.ts';
export { init } from './wasm/imported.ts';
export type { InitOptions } from './wasm/init.ts';
