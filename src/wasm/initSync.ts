import { options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { describe, holdsKernels } from './module.ts';
import { type Runtime, takeTurn } from './runtime.ts';

/** Options of `initSync`. */
export interface InitSyncOptions {
  /** The compiled kernels: `runtimeInfo().module` of another thread, sent with `postMessage`. */
  readonly module: WebAssembly.Module;
}

/**
 * Synchronous `init` from a compiled module, for places that can't wait or load, such as an AudioWorklet. Nothing is
 * fetched, decoded or compiled.
 *
 * @throws {ArgumentError} if an option is unknown or the module is not a build of these kernels
 * @throws {FeatureError} if the engine can't instantiate it
 */
export function initSync(opts: InitSyncOptions): Runtime {
  const { module } = options('initSync', opts, { module: true });
  if (!(module instanceof WebAssembly.Module)) {
    throw new ArgumentError('module', 'a WebAssembly.Module', module);
  }
  holdsKernels('module', module);
  const set = takeTurn();
  const loaded = describe(module, false);
  set(loaded);
  return loaded;
}
