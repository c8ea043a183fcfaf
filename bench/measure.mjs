import { Bench } from 'tinybench';

/** Runs shorter than this are timed several at a time, in ms. */
export const SAMPLE = 0.05;

/**
 * Runs an engine's case for about so many ms, at least once, and gives µs a run, one number a sample.
 *
 * @param {{ run: () => unknown, async: boolean, us: number }} handle `us`: about how long a run takes
 * @param {number} ms
 * @param {number} [sample] ms
 * @returns {Promise<number[]>}
 */
export async function burst(handle, ms, sample = SAMPLE) {
  const { run, async } = handle;
  const times = Math.max(1, Math.round((sample * 1000) / handle.us));
  const bench = new Bench({ time: ms, iterations: 1, warmup: false, retainSamples: true, throws: true });
  const report = (took) => ({ overriddenDuration: took / times, overriddenIterationCost: took });
  const fn = async
    ? async () => {
        const start = bench.now();
        for (let i = 0; i < times; i++) await run();
        return report(bench.now() - start);
      }
    : () => {
        const start = bench.now();
        for (let i = 0; i < times; i++) run();
        return report(bench.now() - start);
      };
  bench.add('run', fn, { async });
  const [task] = async ? await bench.run() : bench.runSync();
  const samples = task.result.latency.samples.map((value) => value * 1000);
  handle.us = quantile(samples, 0.5);
  return samples;
}

/** Makes a case's first runs: tells whether a run is asynchronous, how long it takes, and what it gives. */
export async function first(handle, runs) {
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    const result = handle.run();
    handle.async = result instanceof Promise;
    if (handle.async) await result;
    handle.us = Math.max(0.05, (performance.now() - start) * 1000);
  }
  return { us: handle.us, output: await handle.output(), expected: handle.expected };
}

/** @param {readonly number[]} values @param {number} q 0…1 */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (at - low);
}
