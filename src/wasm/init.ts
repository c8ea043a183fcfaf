import { boolean, type Names, options } from '../check.ts';
import { ArgumentError, FeatureError, Verbatim } from '../errors.ts';
import { compile, describe, holdsKernels } from './module.ts';
import { type KernelBuild, type Runtime, takeTurn } from './runtime.ts';
import { binaryOf, type WasmSource } from './source.ts';

/** What `init` takes. */
export interface InitOptions {
  /** `auto`, the default, takes `relaxed` where the engine validates it, else `simd`. */
  readonly kernels?: 'auto' | KernelBuild | undefined;
  /** The binary, instead of the one inlined in the package: bytes, a Module, a Response, or a promise of one. */
  readonly wasm?: WasmSource | Promise<WasmSource> | undefined;
  /**
   * Ask V8 for 256-bit code (Node 24 and 26; a page's browser must have been started with it), nearly twice as fast. It
   * sets an experimental flag for the whole process, and is checked by timing and by comparing bits, for a quarter of
   * a second at most; where it is not in effect, or its results differ, a warning says so and the kernels run as
   * without. Default false.
   */
  readonly revectorize?: boolean | undefined;
}

/** Of kernels that 256-bit code is not checked for. */
export type PlainInitOptions = Pick<InitOptions, 'kernels' | 'wasm'>;

/** What an entry point brings to its `init`. */
export interface KernelSource {
  /** The runtime of a build of its own. */
  readonly load: (kernels: 'auto' | KernelBuild, wide: boolean, means: KernelSource) => Promise<Runtime>;
  /** Where its binaries are, if it has any: the bytes of a build, or its module. */
  readonly binary?:
    | ((kernels: KernelBuild) => Promise<Uint8Array<ArrayBuffer> | WebAssembly.Module>)
    | undefined;
  /** Kernels that its builds have. */
  readonly names: readonly string[];
  /** Compiles for 256-bit code; nothing where that is not in effect. Left out, there is no such option. */
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
  if (typeof WebAssembly === 'undefined') throw new FeatureError('this engine has no WebAssembly');
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
