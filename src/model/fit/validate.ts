import { options } from '../../check.ts';
import { BATCH } from '../trainerTypes.ts';
import type { FullTraining } from '../training/fullTraining.ts';
import { batchOptions } from './batchOptions.ts';
import type { Metrics } from './metrics.ts';
import type { Pacer } from './pacer.ts';
import { nextOf, type Source } from './source.ts';
import type { ValidationResult } from './types.ts';

/**
 * The mean loss and the metrics of data; undefined if it was stopped. With moving averages of the parameters, of these.
 */
export async function validateOn(
  training: FullTraining,
  source: Source,
  metrics: Metrics,
  pacer: Pacer,
  epoch = 1,
): Promise<ValidationResult | undefined> {
  const { averages, carries } = training;
  let [sum, weight] = [0, 0];
  metrics.reset();
  source.start(epoch, 0);
  try {
    for (let restart = true; ; restart = false) {
      const next = await pacer.between(() => nextOf(source));
      if (!next) return undefined;
      const { batch } = next;
      if (!batch) break;
      const given = options('validation', batchOptions(batch), { ...BATCH, flow: true });
      const measured = { carry: carries, restart, outputs: !metrics.isEmpty };
      // what runs between two batches sees the parameters themselves
      const swaps = averages?.swapped === false;
      if (swaps) averages.swap();
      try {
        const { loss, count, outputs } = training.measure(batch.x, batch.y, given, measured);
        sum += loss * count;
        weight += count;
        metrics.update(outputs);
      } finally {
        if (swaps) averages.swap();
      }
    }
  } finally {
    source.stop();
  }
  return { loss: sum / weight, metrics: metrics.results() };
}
