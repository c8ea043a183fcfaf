import { boolean, options } from '../check.ts';
import { ArgumentError, FeatureError, Words } from '../errors.ts';
import { decodeBase64 } from './base64.ts';
import { describe, holdsKernels } from './module.ts';
import { askForRevectorization, distinct, probe } from './revectorize.ts';
import { type KernelBuild, type Runtime, takeTurn } from './runtime.ts';

/** What a caller may hand in as the kernels' binary. */
export type WasmSource = BufferSource | WebAssembly.Module | Response;

export interface InitOptions {
  /** `auto`, the default, takes `relaxed` where the engine validates it, else `simd`. */
  readonly kernels?: 'auto' | KernelBuild;
  /** The binary, instead of the one inlined in the package: bytes, a Module, a Response, or a promise of one. */
  readonly wasm?: WasmSource | Promise<WasmSource>;
  /**
   * Ask V8 for 256-bit code (Node 24 and 26; a page's browser must have been started with it), nearly twice as fast. It
   * sets an experimental flag for the whole process, and is checked by timing and by comparing bits, for a quarter of
   * a second at most; where it is not in effect, or its results differ, a warning says so and the kernels run as
   * without. Default false.
   */
  readonly revectorize?: boolean;
}

const builds = new Map<string, Promise<Runtime>>();

/**
 * Compiles the kernels; models made afterwards use them. Idempotent, and safe to call twice at once: each build is
 * loaded and compiled once, and the last call decides which one is used.
 *
 * @throws {ArgumentError} an unknown option, or bytes that are not these kernels
 * @throws {FeatureError} an engine without WebAssembly SIMD (or relaxed SIMD, when that was asked for), or one that
 * forbids compiling (a Content-Security-Policy without `wasm-unsafe-eval`)
 */
export async function init(opts?: InitOptions): Promise<Runtime> {
  const given = options('init', opts, ['kernels', 'wasm', 'revectorize']);
  const { kernels = 'auto', wasm } = given;
  const revectorize = boolean('revectorize', given.revectorize ?? false);
  if (kernels !== 'auto' && kernels !== 'simd' && kernels !== 'relaxed') {
    throw new ArgumentError('kernels', "'auto', 'simd' or 'relaxed'", kernels);
  }
  if (typeof WebAssembly === 'undefined') throw new FeatureError('this engine has no WebAssembly');
  const set = takeTurn();
  const loaded = await (wasm === undefined ? inlined(kernels, revectorize) : supplied(wasm, revectorize));
  if (kernels !== 'auto' && loaded.kernels !== kernels) {
    throw new ArgumentError('wasm', `the ${kernels} kernels`, new Words(`the ${loaded.kernels} ones`));
  }
  set(loaded);
  return loaded;
}

async function inlined(kernels: 'auto' | KernelBuild, revectorize: boolean): Promise<Runtime> {
  if (kernels !== 'auto') return build(kernels, revectorize);
  try {
    return await build('relaxed', revectorize);
  } catch (error) {
    if (!(error instanceof FeatureError)) throw error;
    return build('simd', revectorize);
  }
}

function build(kernels: KernelBuild, revectorize: boolean): Promise<Runtime> {
  const key = `${kernels} ${revectorize}`;
  let loading = builds.get(key);
  if (!loading) {
    loading = load(kernels, revectorize);
    builds.set(key, loading);
    // a failure is not kept: a later call may find the engine's flags changed
    loading.catch(() => builds.delete(key));
  }
  return loading;
}

async function load(kernels: KernelBuild, revectorize: boolean): Promise<Runtime> {
  const { default: text } =
    kernels === 'relaxed' ? await import('./generated/relaxed.ts') : await import('./generated/simd.ts');
  const bytes = decodeBase64(text);
  if (!WebAssembly.validate(bytes)) {
    throw new FeatureError(
      kernels === 'relaxed'
        ? 'this engine has no relaxed SIMD (Node 20 has it behind --experimental-wasm-relaxed-simd): use simd kernels'
        : 'this engine has no WebAssembly SIMD, which the kernels need',
    );
  }
  return compile(bytes, revectorize);
}

async function supplied(source: WasmSource | Promise<WasmSource>, revectorize: boolean): Promise<Runtime> {
  const given = await source;
  if (given instanceof WebAssembly.Module) {
    holdsKernels('wasm', given);
    return describe(given, revectorize && ask() && check(given));
  }
  if (typeof Response !== 'undefined' && given instanceof Response) {
    if (!given.ok)
      throw new ArgumentError('wasm', 'a Response that is ok', new Words(`status ${given.status}`));
    return compileGiven(await given.arrayBuffer(), revectorize);
  }
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) return compileGiven(given, revectorize);
  throw new ArgumentError('wasm', 'bytes, a WebAssembly.Module or a Response', given);
}

/** Every binary of WebAssembly 1 begins so. */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

function compileGiven(given: BufferSource, revectorize: boolean): Promise<Runtime> {
  // older engines compile no DataView
  const bytes = ArrayBuffer.isView(given)
    ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
    : new Uint8Array(given);
  if (PREAMBLE.some((byte, i) => bytes[i] !== byte)) {
    throw new ArgumentError('wasm', 'a WebAssembly binary', given);
  }
  return compile(bytes, revectorize);
}

async function compile(bytes: Uint8Array, revectorize: boolean): Promise<Runtime> {
  if (revectorize && ask()) {
    const module = await moduleOf(distinct(bytes));
    if (check(module)) return describe(module, true);
  }
  return describe(await moduleOf(bytes), false);
}

async function moduleOf(bytes: Uint8Array): Promise<WebAssembly.Module> {
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(bytes as BufferSource);
  } catch (error) {
    throw new FeatureError(`the kernels can't be compiled: ${(error as Error).message}`, { cause: error });
  }
  holdsKernels('wasm', module);
  return module;
}

function ask(): boolean {
  const reason = askForRevectorization();
  if (reason) console.warn(`unrolled: no 256-bit code: ${reason}`);
  return !reason;
}

function check(module: WebAssembly.Module): boolean {
  const { wide, ratio, agrees } = probe(module);
  if (!agrees) console.warn('unrolled: 256-bit code gave other bits than 128-bit code: not used');
  else if (!wide)
    console.warn(`unrolled: no 256-bit code: the engine took no notice (ratio ${ratio.toFixed(2)})`);
  return agrees && wide;
}
