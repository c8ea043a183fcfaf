import { type Names, oneOf, options } from '../check.ts';
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
  /**
   * Threads that a kernel may run on, the caller's among them: 1 to 16, or `auto` for one per core, 4 at most. Results
   * have the same bits for any number. Small work stays on one thread, as does all where the other cores are busy.
   * In pages this needs cross-origin isolation; without it a warning is printed and one thread is used. Default 1.
   */
  readonly threads?: number | 'auto' | undefined;
}

/** Options that only the kernels of the whole package have. */
export type ExtraOptions = Omit<InitOptions, keyof PlainInitOptions>;

/** Options for kernels that support neither 256-bit code nor threads. */
export type PlainInitOptions = Pick<InitOptions, 'kernels' | 'wasm'>;

/** What an entry point provides to its `init`. */
export interface KernelSource {
  /** The runtime of an inlined build. */
  readonly load: (
    kernels: 'auto' | KernelBuild,
    extra: ExtraOptions,
    means: KernelSource,
  ) => Promise<Runtime>;
  /** Loads the binary of a build: bytes or a module. Undefined if it has none. */
  readonly binary?:
    | ((kernels: KernelBuild) => Promise<Uint8Array<ArrayBuffer> | WebAssembly.Module>)
    | undefined;
  /** The runtime of a binary; `of`: of one without extra options. */
  make(binary: Uint8Array | WebAssembly.Module, extra: ExtraOptions, of?: typeof plain): Promise<Runtime>;
  /** Whether the inlined builds can train. */
  readonly training?: boolean | undefined;
  /** Options besides the plain ones. */
  readonly names?: Names<ExtraOptions> | undefined;
  /** @throws {ArgumentError} if one is not what it should be */
  readonly check?: ((given: ExtraOptions) => void) | undefined;
}

/** What has options besides the plain ones. */
export type Extras = Required<Pick<KernelSource, 'names' | 'check' | 'make'>>;

/** `init` of every entry point. */
export async function start(opts: InitOptions | undefined, means: KernelSource): Promise<Runtime> {
  const known = { kernels: true, wasm: true, ...means.names } as const;
  const { kernels = 'auto', wasm, ...extra } = options('init', opts, known as Names<InitOptions>);
  means.check?.(extra);
  oneOf('kernels', kernels, ['auto', 'simd', 'relaxed']);
  if (typeof WebAssembly === 'undefined') throw new FeatureError('this engine does not support WebAssembly');
  const set = takeTurn();
  const loaded = await (wasm === undefined
    ? means.load(kernels, extra, means)
    : means.make(await binaryOf(await wasm), extra));
  if (kernels !== 'auto' && loaded.kernels !== kernels) {
    throw new ArgumentError('wasm', `the ${kernels} kernels`, new Verbatim(`the ${loaded.kernels} ones`));
  }
  set(loaded);
  return loaded;
}

/** The runtime of a binary, without anything besides. */
export async function plain(binary: Uint8Array | WebAssembly.Module): Promise<Runtime> {
  const module = binary instanceof WebAssembly.Module ? binary : await compile(binary);
  holdsKernels('wasm', module);
  return describe(module, false);
}
