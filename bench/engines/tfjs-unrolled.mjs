/** TensorFlow.js with `install` of unrolled/tfjs: its layers, on the backend `unrolled`. */
import * as tf from '@tensorflow/tfjs';
import { install } from '../../dist/tfjs/index.js';
import { openTfjs } from './tfjs.mjs';

export async function open() {
  await tf.setBackend('cpu');
  await install(tf);
  return openTfjs('unrolled');
}
