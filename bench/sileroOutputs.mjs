// Writes test/fixtures/silero/outputs.json: the probabilities of 1,000 calls of each model of Silero VAD by
// onnxruntime-node, as float32 in base64. `node bench/sileroOutputs.mjs`, with the packages where PEERS points to.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { frames, MODELS, runtimeOf } from './sileroModels.mjs';

const CALLS = 1000;
const here = dirname(fileURLToPath(import.meta.url));
const peers = process.env.PEERS ?? here;
const node = createRequire(join(peers, 'package.json'))('onnxruntime-node');
const outputs = {};
for (const own of MODELS) {
  const run = await runtimeOf(node, join(peers, 'node_modules/@ricky0123/vad-web/dist', own.file), own);
  const all = new Float32Array(CALLS);
  let i = 0;
  for (const x of frames(own.context, CALLS)) all[i++] = await run(x);
  outputs[own.file] = Buffer.from(all.buffer).toString('base64');
}
const folder = join(here, '../test/fixtures/silero');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'outputs.json'), `${JSON.stringify(outputs, null, 2)}\n`);
