import { fusedCall } from './fusedCall.ts';
import type { Installation } from './installation.ts';
import { operationKernel } from './kernel.ts';
import { patchLosses } from './patchLosses.ts';
import { rowsCache } from './rowsCache.ts';
import { makeTapes } from './tapes.ts';
import type { RnnLayer } from './tf.ts';
import { WeightStore } from './weights.ts';

type Call = (inputs: unknown, kwargs: object | null | undefined) => unknown;

/** Replaces `RNN.prototype.call`, which all recurrent layers call. */
export function patchRecurrent(installation: Installation): () => void {
  const { tf, patches, heap } = installation;
  const kernel = operationKernel(tf);
  const tapes = makeTapes(tf);
  const shared = {
    ...installation,
    ...{ kernel, tapes, store: new WeightStore(heap), rows: rowsCache(heap) },
  };
  patches.replace(tf.RNN.prototype, 'call', (original) => {
    return function (this: RnnLayer, ...[inputs, kwargs]: Parameters<Call>) {
      return fusedCall(shared, this, inputs, kwargs) ?? (original as Call).call(this, inputs, kwargs);
    } as typeof original;
  });
  patchLosses(installation, kernel, tapes);
  return () => kernel.unregister();
}
