// One step of a stream with int8 weights against float32, in turns, medians: node bench/int8.mjs [--seconds N]. Needs `npm run build`.
// With ORT=FOLDER, a folder that has node_modules/onnxruntime-node and onnxruntime-web, their float32 LSTM and GRU run, too, and the
// quantized LSTM as their DynamicQuantizeLSTM, on one thread.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GRU, init, LSTM, Sequential } from '../dist/index.js';
import { saveOnnx } from '../dist/onnxWriter/index.js';
import { quantize } from '../dist/quant/index.js';

const SHAPES = [
  [64, 128],
  [128, 256],
  [256, 512],
];
const { values: given } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
/** For all cases together. */
const SECONDS = Number(given.seconds);

const { kernels } = await init();
const peers = loadPeers();
console.log(`kernels ${kernels}, Node ${process.version}; median µs per step, and float32 divided by it`);
for (const [I, H] of SHAPES) {
  for (const Layer of [LSTM, GRU]) {
    const model = new Sequential([new Layer(I, H)], { seed: 1 });
    const x = Float32Array.from({ length: I }, (_, i) => Math.sin(i));
    const quantized = quantize(model, { planes: 1 });
    const streams = {
      float32: model.stream(),
      'int8, 1 plane': quantized.stream(),
      'int8, 2 planes': quantize(model, { planes: 2 }).stream(),
    };
    const steps = Math.round(2e7 / (I + H) / H);
    const cases = Object.entries(streams).map(([name, stream]) => ({
      name,
      count: steps,
      run: () => stream.step(x),
    }));
    for (const peer of peers) {
      cases.push({ name: `${peer.name}, float32`, count: 50, run: await session(peer, model, x, I) });
      // ONNX has no quantized GRU
      if (Layer === LSTM)
        cases.push({ name: `${peer.name}, int8`, count: 50, run: await session(peer, quantized, x, I) });
    }
    const times = new Map(cases.map(({ name }) => [name, []]));
    const until = performance.now() + (SECONDS * 1000) / (SHAPES.length * 2);
    while (performance.now() < until)
      for (const { name, count, run } of cases) times.get(name).push(await timed(run, count));
    const base = median(times.get('float32'));
    for (const [name, list] of times) {
      const us = median(list);
      const ratio = (base / us).toFixed(2);
      console.log(`${Layer.name} (${I}, ${H})  ${name.padEnd(25)} ${us.toFixed(2).padStart(8)}  ${ratio}`);
    }
    model.dispose();
  }
}

/** Microseconds per call, after one that brings the weights into the caches. */
async function timed(run, count) {
  await run();
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const pending = run();
    if (pending instanceof Promise) await pending;
  }
  return ((performance.now() - start) * 1000) / count;
}

function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1];
}

/** ONNX Runtimes and where each runs. They share the list of places, to which the first one that is loaded adds its own. */
function loadPeers() {
  if (!process.env.ORT) return [];
  const require = createRequire(join(process.env.ORT, 'package.json'));
  const node = require('onnxruntime-node');
  const web = require('onnxruntime-web');
  web.env.wasm.numThreads = 1;
  return [
    { name: 'onnxruntime-node', ort: node, place: 'cpu' },
    { name: 'onnxruntime-web', ort: web, place: 'wasm' },
  ];
}

/** A function that runs one step of a model in an ONNX Runtime. */
async function session({ ort, place }, model, x, I) {
  const options = { executionProviders: [place], intraOpNumThreads: 1, interOpNumThreads: 1 };
  const made = await ort.InferenceSession.create(saveOnnx(model, { states: false }), options);
  const feeds = { [made.inputNames[0]]: new ort.Tensor('float32', x, [1, 1, I]) };
  return () => made.run(feeds);
}
