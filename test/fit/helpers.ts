import * as u from 'unrolled';
import { shuffled } from '../../src/data/shuffle.ts';
import { epochSeed } from '../../src/model/fit/arraySource.ts';
import { Draw } from '../model/helpers.ts';

/** Steps, examples, indices, classes. */
export const [T, N, V, C] = [5, 22, 7, 3];

/** Sequences of classes: T steps of N examples. */
export function sequences(seed = 1, n = N) {
  const draw = new Draw(seed);
  const x = draw.indices(V, T, n);
  return { x, y: { data: x.data.map((v) => v % C), shape: [T, n] } };
}

/** A tagger with dropout: the order of random numbers matters. */
export function tagger(seed = 1): u.Sequential {
  return new u.Sequential([new u.Embedding(V, 4), new u.Dropout(0.2), new u.GRU(4, 6), new u.Linear(6, C)], {
    seed,
  });
}

/** A classifier of whole sequences. */
export function classifier(seed = 1): u.Sequential {
  return new u.Sequential([new u.Embedding(V, 4), new u.GRU(4, 6), new u.LastStep(), new u.Linear(6, C)], {
    seed,
  });
}

export function trainerOf(model = tagger(), opts: Partial<u.TrainerOptions> = {}): u.Trainer {
  return new u.Trainer(model, { loss: 'crossEntropy', optimizer: { name: 'adamw', lr: 0.02 }, ...opts });
}

/** Columns of [T, n] or [T, n, width] numbers. */
export function columns<A extends Int32Array | Float32Array>(
  { data, shape }: { readonly data: A; readonly shape: readonly number[] },
  chosen: readonly number[],
): { data: A; shape: number[] } {
  const [steps, n, width = 1] = shape as [number, number, number?];
  const out = data.slice(0, steps * chosen.length * width) as A;
  for (let t = 0; t < steps; t++) {
    for (const [b, at] of chosen.entries()) {
      for (let j = 0; j < width; j++)
        out[(t * chosen.length + b) * width + j] = data[(t * n + at) * width + j]!;
    }
  }
  return { data: out, shape: [steps, chosen.length, ...shape.slice(2)] };
}

/** Examples of each batch of an epoch, as `fit` chooses them. */
export function chosenIn(epoch: number, batchSize: number, seed: number | undefined, n = N): number[][] {
  const all = Array.from({ length: n }, (_, i) => i);
  const order = seed === undefined ? all : shuffled(all, epochSeed(seed, epoch));
  return Array.from({ length: Math.ceil(n / batchSize) }, (_, k) =>
    order.slice(k * batchSize, (k + 1) * batchSize),
  );
}

/** Options that stop a fit after a number of steps, as if the process were killed, and keep the last checkpoint. */
export function killedAfter(steps: number, every: number | undefined) {
  let last: Uint8Array<ArrayBuffer> | undefined;
  let made = 0;
  const stop = new AbortController();
  const options: u.FitOptions = {
    checkpoint: {
      every,
      save(bytes) {
        if (!stop.signal.aborted) last = bytes;
      },
    },
    progressEvery: 1,
    onProgress: ({ losses }) => {
      made += losses.length;
      if (made >= steps) stop.abort();
    },
    signal: stop.signal,
  };
  return { options, last: () => last };
}
