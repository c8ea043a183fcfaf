import { fusedCall } from './fusedCall.ts';
import type { Installation } from './installation.ts';
import { RecurrentKernel } from './kernel.ts';
import { RowsCache } from './rowsCache.ts';
import { Tapes } from './tapes.ts';
import type { RnnLayer } from './tf.ts';
import { WeightStore } from './weights.ts';

type Call = (inputs: unknown, kwargs: object | null | undefined) => unknown;

/** Replaces `RNN.prototype.call`, which all recurrent layers call. */
export function patchRecurrent({ tf, patches, fusable, heap }: Installation): () => void {
  const kernel = new RecurrentKernel(tf);
  const tapes = new Tapes(() => tf.engine());
  const shared = {
    tf,
    fusable,
    kernel,
    heap,
    store: new WeightStore(heap),
    rows: new RowsCache(heap),
    tapes,
  };
  patches.replace(tf.RNN.prototype, 'call', (original) => {
    return function (this: RnnLayer, ...[inputs, kwargs]: Parameters<Call>) {
      return fusedCall(shared, this, inputs, kwargs) ?? (original as Call).call(this, inputs, kwargs);
    } as typeof original;
  });
  return () => kernel.unregister();
}
