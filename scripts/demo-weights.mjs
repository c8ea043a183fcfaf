// node scripts/demo-weights.mjs: trains the two networks of the demo's first tab to where the page goes on, and writes their
// weights and what they wrote on the way into demo/src/watch/. Needs dist/ and demo/node_modules.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode, plain } from '../demo/src/watch/letters.js';
import { create, linesOf, NAMES, sample, trainerOf, update } from '../demo/src/watch/networks.js';
import { openingText } from '../demo/vite/openingText.js';
import { init } from '../dist/index.js';
import { root } from './tools.mjs';

/** Updates after which the page goes on, and of the samples that are kept. */
const SAMPLES = [100, 300, 1000];
const UPDATES = SAMPLES.at(-1);
const LENGTH = 56;

await init({ kernels: 'simd' });
const text = encode(linesOf(plain(openingText())));
const samples = Object.fromEntries(SAMPLES.map((step) => [step, {}]));
for (const name of NAMES) {
  const model = create(name);
  const trainer = trainerOf(name, model);
  let loss = 0;
  for (let step = 1; step <= UPDATES; step++) {
    loss = update(trainer, text, step);
    if (SAMPLES.includes(step)) samples[step][name] = sample(model, encode('k '), LENGTH, step);
  }
  const bytes = model.save();
  writeFileSync(join(root, `demo/src/watch/${name.toLowerCase()}.safetensors`), bytes);
  console.log(`${name}: loss ${loss.toFixed(3)} after ${UPDATES} updates, ${bytes.length} bytes`);
}
const kept = SAMPLES.map((step) => ({ step, ...samples[step] }));
writeFileSync(join(root, 'demo/src/watch/samples.json'), `${JSON.stringify(kept, null, 2)}\n`);
console.log(kept);
