import { quantile } from '../../../bench/measure.mjs';

/** Medians above the fastest tenth by more than this factor: something else ran. */
const SPREAD = 1.25;
/** Times that a case is measured, at most. */
const TRIES = 3;

/**
 * Measures again while something else disturbs it; the median of the least disturbed.
 * @param {() => readonly number[] | Promise<readonly number[]>} measure times of runs
 * @returns {Promise<{ time: number, again: number, disturbed: boolean }>} `again`: how often it was repeated
 */
export async function undisturbed(measure) {
  let time = Number.POSITIVE_INFINITY;
  for (let again = 0; ; again++) {
    const samples = await measure();
    const median = quantile(samples, 0.5);
    const disturbed = median > SPREAD * quantile(samples, 0.1);
    time = Math.min(time, median);
    if (!disturbed || again === TRIES - 1) return { time, again, disturbed };
  }
}
