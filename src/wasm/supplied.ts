import { type PlainInitOptions, plain, start } from './init.ts';
import type { Runtime } from './runtime.ts';
import { binaryOf, type WasmSource } from './source.ts';

/** Options of `init` of `unrolled/slim`. */
export interface InitOptions extends PlainInitOptions {
  /**
   * The kernels' binary (`unrolled/simd-core.wasm`, `unrolled/relaxed-core.wasm`, or those of `unrolled` or
   * `unrolled/inference`): bytes, a Module, a Response, or a promise of one.
   */
  readonly wasm: WasmSource | Promise<WasmSource>;
}

/**
 * Compiles the given kernels, which models created later use. Of concurrent calls the last decides.
 *
 * @throws {ArgumentError} if `wasm` is missing, an option is unknown, or the bytes are not a build of these kernels
 * @throws {FeatureError} if the engine does not support WebAssembly SIMD (or relaxed SIMD) or forbids compiling (a
 * Content-Security-Policy without `wasm-unsafe-eval`)
 */
export function init(opts: InitOptions): Promise<Runtime> {
  return start(opts, means);
}

/** Nothing is inlined: refuses that nothing is given. */
const load = () => binaryOf(undefined as never) as Promise<never>;
const means = { load, make: plain };
