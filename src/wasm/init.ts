import { boolean, type Names, options } from '../check.ts';
import { ArgumentError, FeatureError, Verbatim } from '../errors.ts';
import { compile, describe, holdsKernels } from './module.ts';
import { type KernelBuild, type Runtime, takeTurn } from './runtime.ts';
import { binaryOf, type WasmSource } from './source.ts';

/** Options of `init`. */
export interface InitOptions {
  /** `auto` (default) uses `relaxed` if the engine supports it, otherwise `simd`. */
  readonly kernels?: 'auto' | KernelBuild | undefined;
  /** The binary to use instead of the inlined one: bytes, a Module, a Response, or a promise of one. */
  readonly wasm?: WasmSource | Promise<WasmSource> | undefined;
  /**
   * Use V8's 256-bit code (Node 24 and 26; browsers must be started with the flag), nearly twice as fast. Sets an
   * experimental flag for the whole process. Timings and results are checked first, for at most a quarter of a
   * second; if it is not in effect or the results differ, a warning is printed and 128-bit code is used. Default
   * false.
   */
  readonly revectorize?: boolean | undefined;
}

/** Options for kernels that don't support 256-bit code. */
export type PlainInitOptions = Pick<InitOptions, 'kernels' | 'wasm'>;

/** What an entry point provides to its `init`. */
export interface KernelSource {
  /** The runtime of an inlined build. */
  readonly load: (kernels: 'auto' | KernelBuild, wide: boolean, means: KernelSource) => Promise<Runtime>;
  /** Loads the binary of a build: bytes or a module. Undefined if it has none. */
  readonly binary?:
    | ((kernels: KernelBuild) => Promise<Uint8Array<ArrayBuffer> | WebAssembly.Module>)
    | undefined;
  /** Names of the kernels in its builds. */
  readonly names: readonly string[];
  /** Compiles to 256-bit code; undefined if that is not in effect. If left out, the option does not exist. */
  readonly compile256?:
    | ((given: Uint8Array | WebAssembly.Module) => Promise<WebAssembly.Module | undefined>)
    | undefined;
}

/** `init` of every entry point. */
export async function start(opts: InitOptions | undefined, means: KernelSource): Promise<Runtime> {
  const names: Names<PlainInitOptions> = { kernels: true, wasm: true };
  const given = options(
    'init',
    opts,
    (means.compile256 ? { ...names, revectorize: true } : names) as Names<InitOptions>,
  );
  const { kernels = 'auto', wasm } = given;
  const wide = boolean('revectorize', given.revectorize ?? false);
  if (kernels !== 'auto' && kernels !== 'simd' && kernels !== 'relaxed') {
    throw new ArgumentError('kernels', "'auto', 'simd' or 'relaxed'", kernels);
  }
  if (typeof WebAssembly === 'undefined') throw new FeatureError('this engine does not support WebAssembly');
  const set = takeTurn();
  const loaded = await (wasm === undefined
    ? means.load(kernels, wide, means)
    : Promise.resolve(wasm).then(async (source) => make(await binaryOf(source), wide, means)));
  if (kernels !== 'auto' && loaded.kernels !== kernels) {
    throw new ArgumentError('wasm', `the ${kernels} kernels`, new Verbatim(`the ${loaded.kernels} ones`));
  }
  set(loaded);
  return loaded;
}

/** The runtime of a binary. */
export async function make(
  binary: Uint8Array | WebAssembly.Module,
  wide: boolean,
  means: KernelSource,
): Promise<Runtime> {
  const widened = wide ? await means.compile256?.(binary) : undefined;
  if (widened) return describe(widened, true);
  const module = binary instanceof WebAssembly.Module ? binary : await compile(binary);
  holdsKernels('wasm', module, means.names);
  return describe(module, false);
}
