// One step of a stream with int8 weights against float32, interleaved, medians: node bench/int8.mjs. Needs `npm run build`. With
// ORT=FOLDER, a folder that has node_modules/onnxruntime-node, its float32 LSTM and GRU run, too.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { GRU, init, LSTM, Sequential } from '../dist/index.js';
import { saveOnnx } from '../dist/onnxWriter/index.js';
import { quantize } from '../dist/quant/index.js';

const SHAPES = [
  [64, 128],
  [128, 256],
  [256, 512],
];
/** Seconds for all cases together. */
const SECONDS = 60;

const { kernels } = await init();
const ort = await loadOrt();
console.log(`kernels ${kernels}, Node ${process.version}; median µs per step, and float32 divided by it`);
for (const [I, H] of SHAPES) {
  for (const Layer of [LSTM, GRU]) {
    const model = new Sequential([new Layer(I, H)], { seed: 1 });
    const x = Float32Array.from({ length: I }, (_, i) => Math.sin(i));
    const streams = {
      float32: model.stream(),
      'int8, 1 plane': quantize(model, { planes: 1 }).stream(),
      'int8, 2 planes': quantize(model, { planes: 2 }).stream(),
    };
    const runs = Object.entries(streams).map(([name, stream]) => [name, () => stream.step(x)]);
    const times = new Map(runs.map(([name]) => [name, []]));
    const until = performance.now() + (SECONDS * 1000) / (SHAPES.length * 2);
    const steps = Math.max(2, Math.round(4e6 / (I + H) / H));
    while (performance.now() < until) for (const [name, run] of runs) times.get(name).push(timed(run, steps));
    if (ort) times.set('onnxruntime-node', await ortTimes(model, x, I));
    const base = median(times.get('float32'));
    for (const [name, list] of times) {
      const us = median(list);
      const ratio = (base / us).toFixed(2);
      console.log(`${Layer.name} (${I}, ${H})  ${name.padEnd(16)} ${us.toFixed(2).padStart(8)}  ${ratio}`);
    }
    model.dispose();
  }
}

/** Microseconds per call. */
function timed(run, count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) run();
  return ((performance.now() - start) * 1000) / count;
}

function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1];
}

async function loadOrt() {
  if (!process.env.ORT) return undefined;
  return createRequire(join(process.env.ORT, 'package.json'))('onnxruntime-node');
}

async function ortTimes(model, x, I) {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const session = await ort.InferenceSession.create(saveOnnx(model, { states: false }), options);
  const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', x, [1, 1, I]) };
  const times = [];
  for (let i = 0; i < 300; i++) {
    const start = performance.now();
    await session.run(feeds);
    times.push((performance.now() - start) * 1000);
  }
  return times;
}
