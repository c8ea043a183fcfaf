// Silero VAD on unrolled/onnx and on ONNX Runtime: `node bench/silero.mjs [--calls N] [--no-web]`, with onnxruntime-node,
// onnxruntime-web and @ricky0123/vad-web installed where PEERS points to (default: bench/). Needs the build. Each model
// is fed as its wrappers do: 512 new samples per call, for v5 and v6 after the last 64 samples, states in and out. Prints
// the largest difference from onnxruntime-node, the number of frames above 0.9, and the median times per call, taken in
// turns.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { init } from '../dist/index.js';
import { loadOnnx } from '../dist/onnx/index.js';
import { frames, MODELS, runtimeOf } from './sileroModels.mjs';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000' },
    'no-web': { type: 'boolean' },
    wav: { type: 'string' },
  },
});
const calls = Number(values.calls);
const peers = process.env.PEERS ?? dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(peers, 'package.json'));
const node = require('onnxruntime-node');
const web = values['no-web'] ? undefined : require('onnxruntime-web');
if (web) web.env.wasm.numThreads = 1;
await init();

const audio = values.wav ? readWav(values.wav) : undefined;

for (const own of MODELS) {
  const { file, context, states, shape } = own;
  const path = join(peers, 'node_modules/@ricky0123/vad-web/dist', file);
  const bytes = readFileSync(path);
  const session = await loadOnnx(bytes, {
    shapes: { input: [1, context + 512], ...shapesOf(states, shape) },
  });
  const stream = session.stream({ states });
  const engines = [
    { name: 'unrolled', times: [], run: (x) => stream.step({ input: x, sr: [16_000] }).output.data[0] },
    { name: 'onnxruntime-node', times: [], run: await runtimeOf(node, path, own) },
    ...(web
      ? [{ name: 'onnxruntime-web', times: [], run: await runtimeOf(web, new Uint8Array(bytes), own) }]
      : []),
  ];
  let worst = 0;
  let spoken = 0;
  for (const x of frames(context, calls, audio)) {
    const results = [];
    for (const engine of engines) {
      const began = performance.now();
      const result = engine.run(x);
      results.push(result instanceof Promise ? await result : result);
      engine.times.push(performance.now() - began);
    }
    worst = Math.max(worst, Math.abs(results[0] - results[1]));
    if (results[1] > 0.9) spoken++;
  }
  const medians = engines.map(({ name, times }) => [name, times.sort((a, b) => a - b)[times.length >> 1]]);
  const ratio = web ? `; ${(medians[2][1] / medians[0][1]).toFixed(2)} times as fast as onnxruntime-web` : '';
  console.log(
    `${worst <= 1e-4 ? 'ok' : 'FAIL'} ${file}: difference ${worst.toExponential(1)}, ${spoken} of ${calls} frames above 0.9${ratio}`,
  );
  for (const [name, ms] of medians) console.log(`  ${name}: ${(1000 * ms).toFixed(0)} us`);
  if (worst > 1e-4) process.exitCode = 1;
}

function shapesOf(states, shape) {
  return Object.fromEntries(Object.values(states).map((name) => [name, shape]));
}

/** Samples of a WAV file of 16 bits. */
function readWav(path) {
  const bytes = readFileSync(path);
  const at = bytes.indexOf('data') + 8;
  return Float32Array.from(
    { length: (bytes.length - at) >> 1 },
    (_, i) => bytes.readInt16LE(at + 2 * i) / 32_768,
  );
}
