// A program of TensorFlow.js, as it is and with `install(tf)`: the same losses, in less time.
import * as tf from '@tensorflow/tfjs';
import { install } from 'unrolled/tfjs';
import { program } from './program.mjs';

await tf.setBackend('cpu');
const [losses, before] = await program();
await install(tf);
await program(); // once, so that both are warm
const [same, after] = await program();
console.log(`TensorFlow.js:          ${losses.join(' ')}  ${before.toFixed(2)} s`);
console.log(`with install(tf):       ${same.join(' ')}  ${after.toFixed(2)} s`);
console.log(`${(before / after).toFixed(0)} times as fast`);
