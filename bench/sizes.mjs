// node bench/sizes.mjs: what a page loads to run an LSTM, of this package and of its peers, measured alike: bundled and
// minified by esbuild, gzipped at level 9. Peers are those of bench/package.json; needs `npm run build` before.
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kB, measure, USES } from '../scripts/sizes.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
// modules of Node that peers mention and never load in a page
const external = [...builtinModules, 'node:*'];

const TFJS_LSTM = `
export function run(x, y) {
  const model = tf.sequential({ layers: [tf.layers.lstm({ units: 64, inputShape: [null, 16] }), tf.layers.dense({ units: 2 })] });
  model.compile({ loss: 'meanSquaredError', optimizer: 'adam' });
  return model.fit(x, y);
}`;

const PEERS = {
  'onnxruntime-web (wasm only; no training)': {
    of: 'onnxruntime-web',
    code: `import { InferenceSession, Tensor } from 'onnxruntime-web/wasm';
export const run = async (bytes, x) => (await InferenceSession.create(bytes)).run({ x: new Tensor('float32', x) });`,
    wasm: ['node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm'],
  },
  '@tensorflow/tfjs (layers, cpu and webgl backends)': {
    of: '@tensorflow/tfjs',
    code: `import * as tf from '@tensorflow/tfjs';${TFJS_LSTM}`,
  },
  '@tensorflow/tfjs (layers) + tfjs-backend-wasm': {
    of: '@tensorflow/tfjs-backend-wasm',
    code: `import * as core from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-wasm';
const tf = { layers, sequential };
export const ready = () => core.setBackend('wasm');${TFJS_LSTM}`,
    wasm: ['node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm'],
  },
  '@jax-js/jax (arrays and gradients; no LSTM)': {
    of: '@jax-js/jax',
    code: "export { grad, init, jit, nn, numpy } from '@jax-js/jax';",
  },
  'brain.js (recurrent LSTM)': {
    of: 'brain.js',
    code: "import brain from 'brain.js'; export const run = () => new brain.recurrent.LSTM();",
  },
};

const rows = [];
for (const [name, use] of Object.entries(USES)) {
  if (/sgemm|\/io/.test(name)) continue;
  rows.push([name, await measure(use)]);
}
for (const [name, use] of Object.entries(PEERS)) {
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', use.of, 'package.json'), 'utf8'));
  rows.push([name.replace(use.of, `${use.of} ${version}`), await measure({ ...use, external }, folder)]);
}
console.log('| gzipped | JavaScript | wasm files | together |\n|---|---|---|---|');
for (const [name, { js, wasm, total }] of rows) {
  console.log(`| ${name} | ${kB(js)} | ${wasm ? kB(wasm) : '–'} | ${kB(total)} |`);
}
