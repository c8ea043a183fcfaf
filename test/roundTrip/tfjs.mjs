import * as tf from '@tensorflow/tfjs';
import { saveTfjs } from '../../dist/tfjsWriter/index.js';

/** A model as TensorFlow.js loads it: a function of a batch-first value. */
export async function layersModel(model) {
  const files = saveTfjs(model);
  await tf.setBackend('cpu');
  const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(files['model.json']));
  const [{ paths, weights: weightSpecs }] = weightsManifest;
  const weightData = files[paths[0]].buffer;
  const loaded = await tf.loadLayersModel({
    load: async () => ({ modelTopology, weightSpecs, weightData }),
  });
  return ({ data, shape }) =>
    tf.tidy(() => {
      const y = loaded.predict(tf.tensor(data, shape, data instanceof Int32Array ? 'int32' : 'float32'));
      return { data: y.dataSync(), shape: y.shape };
    });
}
