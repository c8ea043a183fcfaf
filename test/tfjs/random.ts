import * as tf from '@tensorflow/tfjs';
import { generator } from '../reference/random.ts';

// biome-ignore lint/suspicious/noExplicitAny: TF.js is used without types
export type Any = any;

/** A tensor of numbers in ±1. */
export function random(shape: readonly number[], seed: number): Any {
  const next = generator(seed);
  const length = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({ length }, () => next() * 2 - 1),
    [...shape],
  );
}
