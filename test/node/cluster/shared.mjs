// What the programs and suites of unrolled/cluster train.
import { createHash } from 'node:crypto';
import { Embedding, Linear, LSTM, Sequential } from '../../../dist/index.js';

/** lockDuration of workers and coordinators, in ms. */
export const SHORT = 400;
const [T, B, V] = [6, 12, 11];

export const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

export const makeModel = () =>
  new Sequential([new Embedding(V, 4), new LSTM(4, 8), new Linear(8, V)], { seed: 1 });

export const TRAINING = {
  loss: { name: 'crossEntropy', ignoreIndex: 0 },
  optimizer: { name: 'adamw', lr: 0.01 },
  clipNorm: 0.5,
  carryState: true,
};

/** The batch of a step: inputs, and targets, some of them ignored. */
export function batch(step) {
  const data = Int32Array.from({ length: T * B }, (_, i) => (i * 7 + step * 3 + (i % 5)) % V);
  return [
    { data, shape: [T, B] },
    { data: data.map((v) => (v * 3 + 1) % V), shape: [T, B] },
  ];
}
