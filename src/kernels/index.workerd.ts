export { init } from '../wasm/imported.ts';
export type { InitOptions } from '../wasm/init.ts';
export * from './public.ts';
