export * from './public.ts';
export { type InitOptions, init } from './wasm/supplied.ts';
