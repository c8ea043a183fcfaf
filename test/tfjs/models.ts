import * as tf from '@tensorflow/tfjs';
import { install } from '../../src/tfjs/index.ts';
import { generator } from '../reference/random.ts';

/** A layer, model or tensor of TF.js. */
// biome-ignore lint/suspicious/noExplicitAny: TF.js is imported without types
export type Any = any;

/** Values in ±scale. */
export function values(length: number, seed: number, scale = 1): Float32Array {
  const next = generator(seed);
  return Float32Array.from({ length }, () => (2 * next() - 1) * scale);
}

export function tensor(shape: readonly number[], seed: number, scale = 1): Any {
  return tf.tensor(
    values(
      shape.reduce((a, b) => a * b, 1),
      seed,
      scale,
    ),
    [...shape],
  );
}

/** Gives a model or layer weights that depend on the seed only. */
export function seedWeights(model: Any, seed = 1): void {
  tf.tidy(() => {
    model.setWeights(model.getWeights().map((w: Any, i: number) => tensor(w.shape, seed * 100 + i, 0.6)));
  });
}

/** Layers one after the other, then a Dense. */
export function stack(layers: readonly Any[], units = 2): Any {
  const model = tf.sequential();
  for (const layer of layers) model.add(layer);
  model.add(tf.layers.dense({ units }));
  return model;
}

/** What a training gave: losses, then weights, then predictions. */
export interface Trained {
  readonly losses: readonly number[];
  readonly weights: readonly (readonly number[])[];
  readonly predicted: readonly number[];
}

/** Trains a new model on x and y, and frees it. */
export async function train(make: () => Any, x: Any, y: Any, steps: number): Promise<Trained> {
  const model = make();
  seedWeights(model);
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push(await model.trainOnBatch(x, y));
  const weights = model.getWeights().map((w: Any) => [...w.dataSync()]);
  const predicted = tf.tidy(() => [...[model.predict(x)].flat()[0].dataSync()]);
  model.dispose();
  return { losses, weights, predicted };
}

/** The largest difference of two trainings. */
export function distance(a: Trained, b: Trained): number {
  const flat = ({ losses, weights, predicted }: Trained) => [...losses, ...weights.flat(), ...predicted];
  const other = flat(b);
  return Math.max(...flat(a).map((value, i) => Math.abs(value - other[i]!)));
}

/** Runs f with `install`, then undoes that. */
export async function installed<T>(f: () => T | Promise<T>): Promise<T> {
  const uninstall = await install(tf);
  try {
    return await f();
  } finally {
    uninstall();
  }
}

/** How often our kernel ran. */
export async function kernelRuns(f: () => void): Promise<number> {
  const { kernels } = await tf.profile(() => {
    tf.tidy(() => {
      f();
    });
  });
  return kernels.filter(({ name }: { name: string }) => name === 'UnrolledRecurrent').length;
}

/** A batch whose rows have steps of zeros: at the start, in the middle, at the end, everywhere. */
export function withZeros(shape: readonly [number, number, number], seed: number): Any {
  const [B, T, I] = shape;
  const data = values(B * T * I, seed);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      const kind = b % 5;
      const zero = [t === 0, t === 2 || t === 3, t >= T - 2, true, false][kind];
      if (zero) data.fill(0, (b * T + t) * I, (b * T + t + 1) * I);
    }
  }
  return tf.tensor(data, [B, T, I]);
}
