import { boolean, type Names, number, options } from '../check.ts';
import type { InitOptions } from '../wasm/init.ts';

/** Options of `install`, and those of `init`: without any of these, kernels that are loaded already are used. */
export interface InstallOptions extends InitOptions {
  /**
   * Optimizers scale all gradients of an update so that their norm, taken together, is at most this. At least 0.
   * Default: as they are.
   */
  readonly clipNorm?: number | undefined;
  /**
   * Whether to select the backend `unrolled`, whose tensors lie in the memory of the kernels. Default: if the backend is `cpu`
   * or `wasm`.
   */
  readonly backend?: boolean | undefined;
}

const NAMES: Names<InstallOptions> = {
  kernels: true,
  wasm: true,
  revectorize: true,
  threads: true,
  clipNorm: true,
  backend: true,
};

/** A copy of the options. @throws {ArgumentError} if one is unknown or out of range */
export function readOptions(given: InstallOptions | undefined): InstallOptions {
  const read = options('install', given, NAMES);
  number('clipNorm', read.clipNorm ?? 1, 0);
  boolean('backend', read.backend ?? false);
  return read;
}
