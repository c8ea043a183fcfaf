import { ArgumentError } from '../errors.ts';
import { CORE_NAMES } from './generated/kernelNames.ts';
import { type PlainInitOptions, start } from './init.ts';
import type { Runtime } from './runtime.ts';
import type { WasmSource } from './source.ts';

/** What `init` of `unrolled/slim` takes. */
export interface InitOptions extends PlainInitOptions {
  /**
   * The kernels' binary (`unrolled/simd-core.wasm`, `unrolled/relaxed-core.wasm`, or those of `unrolled` or
   * `unrolled/inference`): bytes, a Module, a Response, or a promise of one.
   */
  readonly wasm: WasmSource | Promise<WasmSource>;
}

/**
 * Compiles the kernels that the caller supplies; models made afterwards use them. Of two calls at once the last decides.
 *
 * @throws {ArgumentError} no `wasm`, an unknown option, or bytes that are not these kernels
 * @throws {FeatureError} an engine that can't compile them: without WebAssembly SIMD (or relaxed SIMD), or forbidden
 * to (a Content-Security-Policy without `wasm-unsafe-eval`)
 */
export function init(opts: InitOptions): Promise<Runtime> {
  return start(opts, means);
}

async function none(): Promise<never> {
  throw new ArgumentError(
    'wasm',
    "the kernels' binary: bytes, a WebAssembly.Module or a Response",
    undefined,
  );
}

const means = { load: none, names: CORE_NAMES };
