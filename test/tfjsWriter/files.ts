import * as tf from '@tensorflow/tfjs';
import type { saveTfjs } from '../../src/tfjsWriter/index.ts';

type Files = ReturnType<typeof saveTfjs>;

/** [T, B, …] as [B, T, …], or the other way round. */
export function turned({ data, shape }: { data: ArrayLike<number>; shape: readonly number[] }) {
  const [a, b, ...rest] = shape as [number, number, ...number[]];
  const size = rest.reduce((x, y) => x * y, 1);
  const out = new (data instanceof Int32Array ? Int32Array : Float32Array)(data.length);
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < size; k++) out[(j * a + i) * size + k] = data[(i * b + j) * size + k]!;
  return { data: out, shape: [b, a, ...rest] };
}

/** The model that TensorFlow.js reads. */
export async function loadTf(files: Files) {
  const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(files['model.json']));
  const [{ paths, weights }] = weightsManifest;
  const weightData = files[paths[0]]!.buffer;
  return tf.loadLayersModel({ load: async () => ({ modelTopology, weightSpecs: weights, weightData }) });
}
