// declarations mention Symbol.dispose, which older standard libraries of TypeScript lack
/// <reference lib="esnext.disposable" preserve="true" />

export {
  ArgumentError,
  FeatureError,
  MemoryError,
  ShapeError,
  StateError,
  UnrolledError,
} from '../errors.ts';
export type { Region } from '../memory/layout.ts';
export type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
export type { QuantCalls } from '../wasm/generated/quantCalls.ts';
export { type InitSyncOptions, initSync } from '../wasm/initSync.ts';
export { type KernelBuild, type Runtime, runtime as runtimeInfo } from '../wasm/runtime.ts';
export type { WasmSource } from '../wasm/source.ts';
export { Arena, type Mark } from './arena.ts';
export { type Pointer, saxpy, sdot, sgemm, sgemv, snrm2, sscal } from './blas.ts';
export { checked, checkedQuant } from './checked.ts';
export { packQuant, type QuantArena, quantArena } from './quantArena.ts';
export * from './sizes.ts';
