import type { Installation } from './installation.ts';

/** Replaces `RNN.prototype.call`. */
export function patchRecurrent(_installation: Installation): undefined {
  return undefined;
}
