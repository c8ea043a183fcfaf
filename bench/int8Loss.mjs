// What int8 weights change of a character model that `npm start` (or `unrolled train`) saved: node bench/int8Loss.mjs MODEL TEXT
// [--characters N]. Mean cross-entropy on the last N characters (default 65536) of the text in rows of 256 steps, of float32 and of int8
// with each number of planes and of what `quantize` chooses by these data, and the sizes of the files. Needs `npm run build`.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { crossEntropy, init, Sequential } from '../dist/index.js';
import { quantize } from '../dist/quant/index.js';

const STEPS = 256;
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { characters: { type: 'string', default: '65536' }, kernels: { type: 'string', default: 'auto' } },
});
const [modelFile, textFile] = positionals;
const { kernels } = await init({ kernels: values.kernels });
const model = Sequential.load(readFileSync(modelFile));
// what the program keeps of the training is no part of the model
const { training, ...metadata } = model.metadata;
model.metadata = metadata;
const characters = [...model.metadata.vocabulary];
const indexOf = new Map(characters.map((character, i) => [character, i]));
const text = [...readFileSync(textFile, 'utf8')].filter((character) => indexOf.has(character));
const rows = Math.floor((Number(values.characters) - 1) / STEPS);
const tokens = text.slice(-rows * STEPS - 1).map((character) => indexOf.get(character));
const data = [Int32Array, Int32Array].map((Kind, next) => {
  const all = new Kind(STEPS * rows);
  for (let t = 0; t < STEPS; t++)
    for (let b = 0; b < rows; b++) all[t * rows + b] = tokens[b * STEPS + t + next];
  return { data: all, shape: [STEPS, rows] };
});
const bytes = model.save().length;
console.log(
  `kernels ${kernels}, ${rows * STEPS} characters, ${model.parameterCount} parameters, ${bytes} bytes`,
);
for (const planes of [1, 2, undefined]) {
  const quantized = quantize(model, { planes, data: { x: data[0], y: data[1] }, loss: crossEntropy });
  const { loss, planes: used } = quantized.report;
  const [float, change] = [loss.float.toFixed(5), (100 * loss.change).toFixed(3)];
  const size = (quantized.save().length / bytes).toFixed(3);
  const name = planes === undefined ? `chosen: ${used}` : `planes ${planes}`;
  console.log(`${name}: loss ${float} → ${loss.quantized.toFixed(5)} (${change} %), file ${size}`);
  quantized.dispose();
}
