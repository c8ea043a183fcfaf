export type { InitOptions } from '../wasm/init.ts';
export { init } from '../wasm/inlined.ts';
export * from './public.ts';
