// node test/roundTrip/write.mjs onnx SEED COUNT FOLDER: draws models and writes them as ONNX, each with inputs and outputs;
//   python3 test/onnxWriter/check.py FOLDER runs them in ONNX Runtime.
// node test/roundTrip/write.mjs torch SEED COUNT FOLDER: as safetensors; python3 test/roundTrip/pytorch.py FOLDER runs them.
// node test/roundTrip/write.mjs tfjs SEED COUNT: as model.json, loads and runs them in TensorFlow.js.
// Models that a format has not are counted by message. Needs a built package.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { init, Sequential, UnrolledError } from '../../dist/index.js';
import { saveOnnx } from '../../dist/onnxWriter/index.js';
import { Draw } from './draw.mjs';
import { chain, graph, torchChain } from './models.mjs';
import { layersModel } from './tfjs.mjs';
import { batchFirst, largestError, listed } from './values.mjs';

const [to, ...rest] = process.argv.slice(2);
const [seed, count] = rest.map(Number);
const folder = rest[2];
const LIMIT = 1e-5;

const json = (value) => JSON.stringify(value);
const types = ({ layers }) => layers.map((layer) => `${layer.type}${json(layer.config(layers))}`).join(' ');

/** Of a graph: the model, runs of it as check.py reads them, and options of saveOnnx. */
function graphRuns(draw, isBatchFirst) {
  const { model, inputs } = graph(draw);
  draw.stir(model);
  const turned = ([key, value]) =>
    listed(key, isBatchFirst && (value.shape.length === 3 || key === 'c') ? batchFirst(value) : value);
  const all = (values) => Object.entries(values).map(turned);
  const runs = sizes(draw, 5).map(([T, B]) => {
    const x = inputs(T, B);
    return { inputs: all(x), outputs: all(model.forward(x)) };
  });
  return [model, runs, { batchFirst: isBatchFirst }];
}

/** Of a Sequential, with states as a stream in two parts, where nothing runs backwards. */
function chainRuns(draw, isBatchFirst, states) {
  const { layers, input, bidirectional } = chain(draw, 'onnx', states);
  const model = draw.stir(new Sequential(layers));
  const turned = (value) => (isBatchFirst ? batchFirst(value) : value);
  const runs = sizes(draw, 16).map(([T, B]) => {
    const x = input(T, B);
    const parts = { axis: isBatchFirst ? 1 : 0, cut: bidirectional ? T : Math.floor(T / 3) };
    const outputs = [listed('output', turned(model.forward(x)))];
    return { inputs: [listed('input', turned(x))], outputs, ...(states ? { parts } : {}) };
  });
  return [model, runs, { states, batchFirst: isBatchFirst }];
}

/** Numbers of steps and rows of two runs. */
function sizes(draw, steps) {
  return [
    [steps, 2],
    [draw.int(Math.ceil(0.7 * steps), 2 * steps), draw.int(1, 7)],
  ];
}

const TARGETS = {
  onnx: (draw, name) => {
    const kind = draw.int(0, 9);
    const [model, runs, options] = (kind > 7 ? graphRuns : chainRuns)(draw, draw.chance(0.4), kind > 5);
    writeFileSync(join(folder, `${name}.onnx`), saveOnnx(model, options));
    writeFileSync(join(folder, `${name}.json`), json({ runs, model: types(model) }));
  },

  torch: (draw, name) => {
    const { layers, input, spec } = torchChain(draw);
    const model = draw.stir(new Sequential(layers));
    const x = input(draw.int(1, 20), draw.int(1, 6));
    writeFileSync(join(folder, `${name}.safetensors`), model.save());
    const values = { x: listed('x', x), y: listed('y', model.forward(x)) };
    writeFileSync(join(folder, `${name}.json`), json({ spec, ...values }));
  },

  tfjs: async (draw, name) => {
    const { layers, input } = chain(draw, 'tfjs');
    const model = draw.stir(new Sequential(layers));
    const loaded = await layersModel(model);
    for (const [T, B] of sizes(draw, 16)) {
      const x = input(T, B);
      const [found, y] = [loaded(batchFirst(x)), model.forward(x)];
      // a single step of ours is a vector there
      const wanted = y.shape.length > found.shape.length ? { ...y, shape: y.shape.slice(1) } : batchFirst(y);
      const error = largestError(found, wanted);
      if (!(error < LIMIT)) {
        console.log(`FAIL ${name}: ${error} of the largest value: ${types(model)}`);
        process.exitCode = 1;
      }
      worst = Math.max(worst, error);
    }
  },
};

if (!Object.hasOwn(TARGETS, to) || !(seed >= 0 && count > 0) || (to !== 'tfjs' && !folder))
  throw new Error(`expected ${Object.keys(TARGETS).join(' or ')}, SEED COUNT FOLDER`);
await init({ kernels: 'simd' });
if (folder) mkdirSync(folder, { recursive: true });
let [written, worst] = [0, 0];
const refused = new Map();
for (let i = 0; i < count; i++) {
  try {
    await TARGETS[to](new Draw(1000 * seed + i), `${seed}-${i}`);
    written++;
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    const why = error.message.replace(/\d+/g, '#').slice(0, 100);
    refused.set(why, (refused.get(why) ?? 0) + 1);
  }
}
console.log(`${written} models of ${count}${worst ? `, largest error ${worst}` : ''}`);
for (const [why, n] of refused) console.log(`${n}: ${why}`);
