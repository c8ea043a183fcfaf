import { Generator } from 'unrolled';
import type { Batch } from 'unrolled/worker';
import { loadSeries, type Series } from '../../data/series.ts';
import type { Shape } from '../../train/model.ts';
import { Session } from '../../train/session.ts';
import type { Outlook } from './outlook.ts';

export interface SeriesSettings {
  readonly series: string;
  readonly cell: string;
  readonly hidden: number;
  readonly updates: number;
}

/** T and B of a batch. */
const STEPS = 64;
const BATCH = 16;

/** A series, and the model that forecasts it. */
export class SeriesTask {
  readonly series: Series;
  readonly #settings: SeriesSettings;

  private constructor(settings: SeriesSettings, series: Series) {
    this.#settings = settings;
    this.series = series;
  }

  static async of(settings: SeriesSettings): Promise<SeriesTask> {
    return new SeriesTask(settings, await loadSeries(settings.series));
  }

  open(signal: AbortSignal, checkpoint?: Uint8Array): Promise<Session> {
    const { cell, hidden, updates } = this.#settings;
    const shape: Shape = { cell, hidden, layers: 1, input: { features: 3 }, outputs: 1 };
    return Session.open(checkpoint ?? shape, {
      trainer: {
        loss: 'mse',
        optimizer: { name: 'adamw', lr: 5e-3 },
      },
      updates,
      source: (left) => this.#batches(left),
      signal,
    });
  }

  /** Windows from anywhere in the part that is trained on. */
  *#batches(count: number): IterableIterator<Batch> {
    const { seen, season, cuts } = this.series;
    const generator = new Generator(count);
    const last = cuts[0] - STEPS - 1;
    for (let k = 0; k < count; k++) {
      const x = new Float32Array(STEPS * BATCH * 3);
      const y = new Float32Array(STEPS * BATCH);
      for (let b = 0; b < BATCH; b++) {
        const from = 1 + Math.floor(generator.uniform() * (last - 1));
        for (let t = 0; t < STEPS; t++) {
          const [row, at] = [t * BATCH + b, from + t];
          x[3 * row] = seen[at]!;
          // the time of what is to be told
          x.set(season.subarray(2 * at + 2, 2 * at + 4), 3 * row + 1);
          y[row] = seen[at + 1]!;
        }
      }
      yield { x: { data: x, shape: [STEPS, BATCH, 3] }, y: { data: y, shape: [STEPS, BATCH, 1] } };
    }
  }

  outlook({ trainer }: Session, origin: number): Promise<Outlook> {
    return trainer.run('outlook', this.series, origin);
  }
}
