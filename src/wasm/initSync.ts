import { options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { KERNEL_NAMES } from './generated/kernelNames.ts';
import { describe, holdsKernels } from './module.ts';
import { type Runtime, takeTurn } from './runtime.ts';

/** What `initSync` takes. */
export interface InitSyncOptions {
  /** The kernels, compiled: `runtimeInfo().module` of another thread, which `postMessage` carries. */
  readonly module: WebAssembly.Module;
}

/**
 * As `init`, at once and from a compiled module: for places that can't wait or load, such as an AudioWorklet. Nothing
 * is fetched, decoded or compiled.
 *
 * @throws {ArgumentError} an unknown option, or a module that is not these kernels
 * @throws {FeatureError} an engine that can't instantiate it
 */
export function initSync(opts: InitSyncOptions): Runtime {
  const { module } = options('initSync', opts, { module: true });
  if (!(module instanceof WebAssembly.Module)) {
    throw new ArgumentError('module', 'a WebAssembly.Module', module);
  }
  holdsKernels('module', module, KERNEL_NAMES);
  const set = takeTurn();
  const loaded = describe(module, false);
  set(loaded);
  return loaded;
}
