// A program of TensorFlow.js, which knows nothing of unrolled.
import * as tf from '@tensorflow/tfjs';

/** Trains two LSTMs to forecast a wave; the losses of its epochs, and seconds. */
export async function program() {
  const rows = Array.from({ length: 64 }, (_, i) =>
    Array.from({ length: 31 }, (_, t) => [Math.sin((i + t) / 5)]),
  );
  const x = tf.tensor3d(rows.map((row) => row.slice(0, 30)));
  const y = tf.tensor2d(rows.map((row) => row[30]));
  const initializer = (seed) => tf.initializers.glorotUniform({ seed });
  const lstm = (units, seed, other) =>
    tf.layers.lstm({
      units,
      kernelInitializer: initializer(seed),
      recurrentInitializer: initializer(seed + 1),
      ...other,
    });
  const model = tf.sequential();
  model.add(lstm(50, 1, { returnSequences: true, inputShape: [30, 1] }));
  model.add(lstm(30, 3));
  model.add(tf.layers.dense({ units: 1, kernelInitializer: initializer(5) }));
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const start = performance.now();
  const { history } = await model.fit(x, y, { epochs: 3, batchSize: 32, shuffle: false, verbose: 0 });
  return [history.loss.map((loss) => loss.toFixed(5)), (performance.now() - start) / 1000];
}
