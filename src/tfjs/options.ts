import { type Names, number, options } from '../check.ts';
import type { InitOptions } from '../wasm/init.ts';

/** Options of `install`, and those of `init`: without any of these, kernels that are loaded already are used. */
export interface InstallOptions extends InitOptions {
  /**
   * Optimizers scale all gradients of an update so that their norm, taken together, is at most this. Greater than 0.
   * Default: as they are.
   */
  readonly clipNorm?: number | undefined;
}

const NAMES: Names<InstallOptions> = { kernels: true, wasm: true, revectorize: true, clipNorm: true };

/** A copy of the options. @throws {ArgumentError} if one is unknown or out of range */
export function readOptions(given: InstallOptions | undefined): InstallOptions {
  const read = options('install', given, NAMES);
  if (read.clipNorm !== undefined) number('clipNorm', read.clipNorm, 0);
  return read;
}
