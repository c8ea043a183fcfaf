import { ArgumentError } from '../errors.ts';
import { type InitOptions as AllOptions, start } from './init.ts';
import type { Runtime } from './runtime.ts';
import type { WasmSource } from './source.ts';
import { widen } from './widen.ts';

/** What `init` of `unrolled/slim` takes. */
export interface InitOptions extends AllOptions {
  /** The kernels' binary (`unrolled/simd.wasm`, `unrolled/relaxed.wasm`): bytes, a Module, a Response, or a promise of one. */
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

const means = { binary: none, widen };
