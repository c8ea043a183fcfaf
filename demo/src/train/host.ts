import type { Trainer } from 'unrolled';
import { expose } from 'unrolled/worker/host';
import { keep } from '../store.ts';
import { outlook } from '../tabs/series/outlook.ts';
import { modelOf, type Shape } from './model.ts';
import { write } from './write.ts';

/** The worker that trains, and what else it does, so that the page never waits. */

/** What a page asks before there is a trainer, and what it gets. */
export type Ask = { readonly make: Shape };
export type Made = { readonly made: Uint8Array<ArrayBuffer> } | { readonly failed: string };

addEventListener('message', async ({ data }: MessageEvent<Partial<Ask> | null>) => {
  if (!data?.make) return;
  try {
    const made = await modelOf(data.make, 1);
    postMessage({ made } satisfies Made, { transfer: [made.buffer] });
  } catch (error) {
    postMessage({ failed: String(error) } satisfies Made);
  }
});

/** Keeps a run under a name: a checkpoint and what the page knows besides. */
function keepRun(trainer: Trainer, name: string, besides: object): Promise<unknown> {
  return keep(name, { ...besides, checkpoint: trainer.save() });
}

expose({ keepRun, outlook, write });
