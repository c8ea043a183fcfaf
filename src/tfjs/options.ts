import { type Names, options } from '../check.ts';
import type { InitOptions } from '../wasm/init.ts';

/** Options of `install`: those of `init` for the kernels. Without any, kernels that are loaded already are used. */
export interface InstallOptions extends InitOptions {}

const NAMES: Names<InstallOptions> = { kernels: true, wasm: true, revectorize: true };

/** A copy of the options. @throws {ArgumentError} if one is unknown */
export function readOptions(given: InstallOptions | undefined): InstallOptions {
  return options('install', given, NAMES);
}
