import { burst, first } from '../../../bench/measure.mjs';
import { probe } from '../../../bench/probe.mjs';
import type { Asked, Engine, Kernels, Told } from './protocol.ts';
import { undisturbed } from './steady.js';
import { type Work, works } from './works.ts';

/** Measures one engine, in a worker of its own. */

/** Longest that a work is measured, and a sample of it at least, in ms: clocks of a page count in steps of 0.1 ms. */
const WORK_MS = 500;
const SAMPLE_MS = 4;
/**
 * Of the peak, right before each work: a shared machine changes its clock within seconds. First until V8 has optimized the loop: before
 * that, a busy machine gave 8 of 50 GFLOP/s.
 */
const PROBE_MS = 50;
const WARM_MS = 300;

/** A work that is ready to run. */
interface Handle {
  run(): unknown;
  dispose?(): void;
  async: boolean;
  us: number;
}

interface Opened {
  /** Nothing, where the engine can't do it. */
  prepare(work: Work): unknown;
}

const engines: Record<Engine, (kernels: Kernels) => Promise<Opened>> = {
  unrolled: async (kernels) => (await import('../../../bench/engines/unrolled.mjs')).open({ kernels }),
  tfjs: async () => (await import('./tfjs.ts')).open(),
  ort: async () => (await import('./ort.ts')).open(),
};

const tell = (told: Told) => postMessage(told);

addEventListener('message', async ({ data: { engine, kernels } }: MessageEvent<Asked>) => {
  try {
    const peak = probe(kernels, 16);
    peak(WARM_MS);
    const { prepare } = await engines[engine](kernels);
    for (const work of works) {
      const handle = (await prepare(work)) as Handle | null;
      if (!handle) continue;
      await first(handle, 2);
      const { gflops } = peak(PROBE_MS);
      const { time, again, disturbed } = await undisturbed(() => burst(handle, WORK_MS, SAMPLE_MS));
      handle.dispose?.();
      tell({ kind: 'work', name: work.name, us: time, peak: gflops, again, disturbed });
    }
    tell({ kind: 'end' });
  } catch (error) {
    tell({ kind: 'end', error: error instanceof Error ? error.message : String(error) });
  }
});
