import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll } from 'vitest';
import { resetAfterSuite } from './resetAfterSuite.ts';

// the build with classes, as the ES modules have them; it registers them in the place of others of the same names
const { classNameMap } = tf.serialization.SerializationMap.getMap();
const others = { ...classNameMap };
const layers = await import('@tensorflow/tfjs-layers/dist/tf-layers.es2017.js');

beforeAll(() => tf.setBackend('cpu'));
afterAll(() => {
  Object.assign(classNameMap, others);
});
resetAfterSuite({ ...tf, ...(layers.default ?? layers) });
