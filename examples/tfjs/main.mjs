// A program of TensorFlow.js, as it is and with `install(tf)`: the same losses, in less time.
import * as tf from '@tensorflow/tfjs';
import { install } from 'unrolled/tfjs';
import { program } from './program.mjs';

await tf.setBackend('cpu');
const [losses, before] = await program();
await install(tf);
await program(); // once, so that both are warm
const [same, after] = await program();
const row = (...cells) =>
  console.log(
    cells
      .map((cell) => String(cell).padEnd(18))
      .join('')
      .trimEnd(),
  );
row('', 'TensorFlow.js', 'with install(tf)');
for (const [epoch, loss] of losses.entries()) row(`loss of epoch ${epoch + 1}`, loss, same[epoch]);
row('seconds', before.toFixed(2), after.toFixed(2));
const bar = (seconds) => '█'.repeat(Math.max(1, Math.round((60 * seconds) / before)));
console.log(`\nTensorFlow.js     ${bar(before)}`);
console.log(`with install(tf)  ${bar(after)}  ${(before / after).toFixed(0)} times as fast`);
