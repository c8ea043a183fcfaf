// What a page loads of this package: each use bundled and minified by esbuild, every file gzipped at level 9 by itself.
// Of code that is loaded when needed, by import(), only what `loads` names counts.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { FOR_PAGES, root } from './tools.mjs';

const CALL_INFERENCE = `
export async function run(bytes) {
  await init();
  return Sequential.load(bytes).stream();
}`;

const TRAIN_TEXT = `
import { AdamW, crossEntropy, Embedding, init, Linear, LSTM, Sequential, Trainer } from 'unrolled/core';
import { CharacterVocabulary, Lanes } from 'unrolled/data';
export async function train(text) {
  await init();
  const vocabulary = new CharacterVocabulary(text);
  const { size } = vocabulary;
  const model = new Sequential([new Embedding(size, 32), new LSTM(32, 128), new Linear(128, size)]);
  const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new AdamW(), clipNorm: 1 });
  for (const { x, y } of new Lanes(vocabulary.encode(text), { steps: 64, batch: 8 })) trainer.step(x, y);
  return model.save(vocabulary.toMetadata());
}`;

const RUN_TEXT = `
import { Generator, init, Sequential } from 'unrolled/inference';
import { CharacterVocabulary } from 'unrolled/data';
import { parseSafetensors } from 'unrolled/io';
export async function run(bytes) {
  await init();
  const vocabulary = CharacterVocabulary.fromMetadata(parseSafetensors(bytes).metadata);
  return [vocabulary, Sequential.load(bytes).stream(), new Generator(1)];
}`;

const RUN_GRAPH = `
import { beamSearch, init, Model } from 'unrolled';
export async function run(bytes, given) {
  await init();
  return beamSearch(Model.load(bytes), { given, start: [0], length: 10, beams: 4 });
}`;

const RUN_KERAS = `
import { init } from 'unrolled';
import { loadKeras } from 'unrolled/keras';
export async function run(bytes, x) {
  await init();
  const model = await loadKeras(bytes);
  return model.predict(x);
}`;

const RUN_ONNX = `
import { init } from 'unrolled';
import { loadOnnx } from 'unrolled/onnx';
export async function run(bytes) {
  await init();
  const session = await loadOnnx(bytes, { shapes: { input: [1, 576], sr: [] } });
  return session.stream({ states: { stateN: 'state' } });
}`;

/** What `loadOnnx` loads, in this order, as far as a file needs it. */
const ONNX_PARTS = ['convolutional', 'common', 'rare'].map((part) => `onnxOperators/${part}.js`);

/** What `loadKeras` loads for a .keras file of Keras 3, and for layers, in this order, as far as a model needs it. */
const KERAS_FILE = ['formats/keras/binary.js', 'formats/keras/keras3.js'];
const KERAS_LAYERS = ['kerasLayers/common.js', 'kerasLayers/index.js'];

/**
 * Uses by name: `code` a module, `loads` files of dist/ that it loads with import() (`beyond`: less what this use has), `wasm` files it loads as they are, `limit`
 * bytes gzipped (`of`: of its JavaScript only).
 */
export const USES = {
  'unrolled/core, all of it': {
    code: "export * from 'unrolled/core';",
    limit: 40_000,
  },
  'unrolled/core: the first example of the README': {
    code: firstExample().replace("'unrolled'", "'unrolled/core'"),
    limit: 38_500,
  },
  'unrolled/slim, all of it': {
    code: "export * from 'unrolled/slim';",
    wasm: ['dist/simd-core.wasm'],
    of: 'js',
    limit: 26_000,
  },
  'unrolled/inference: load a model, stream it': {
    code: `import { init, Sequential } from 'unrolled/inference';${CALL_INFERENCE}`,
    limit: 31_000,
  },
  'unrolled, all of it': {
    code: "export * from 'unrolled';",
    limit: 132_000,
  },
  'train a text model: `core` and `data`': { code: TRAIN_TEXT, limit: 41_000 },
  'run a saved text model: `inference`, `data` and `io`': {
    code: RUN_TEXT,
    limit: 32_500,
  },
  'run a saved graph: `unrolled`': { code: RUN_GRAPH, limit: 94_000 },
  'run a Keras LSTM: `unrolled` and `keras`': {
    code: RUN_KERAS,
    loads: KERAS_FILE,
    limit: 113_000,
  },
  'stream Silero from ONNX: `unrolled` and `onnx`': {
    code: RUN_ONNX,
    loads: ['onnxOperators/convolutional.js'],
    limit: 59_500,
  },
  'unrolled/kernels: sgemm': {
    code: `import { Arena, init, sgemm } from 'unrolled/kernels';
export async function run() {
  await init();
  return [Arena, sgemm];
}`,
    limit: 39_500,
  },
  'unrolled.min.js: one file, both builds of the kernels': {
    code: '',
    wasm: ['dist/unrolled.min.js'],
    limit: 145_000,
  },
  'unrolled/data': { code: "export * from 'unrolled/data';", limit: 9_000 },
  'unrolled/io': { code: "export * from 'unrolled/io';", limit: 8_000 },
  'unrolled/tfjs beyond unrolled': beyond('tfjs', 20_000),
  'unrolled/keras beyond unrolled': beyond('keras', 14_000),
  'unrolled/keras: .keras and .h5 files, besides': loaded('keras', 7_000, ...KERAS_FILE.slice(0, 1)),
  'unrolled/keras: descriptions by Keras 3, besides': loaded('keras', 2_000, ...KERAS_FILE),
  'unrolled/keras: model.json with shards, besides': loaded('keras', 1_300, 'formats/keras/tfjsWeights.js'),
  'unrolled/keras: layers that many models have, besides': loaded(
    'keras',
    4_000,
    ...KERAS_LAYERS.slice(0, 1),
  ),
  'unrolled/keras: layers that few models have, besides': loaded('keras', 14_500, ...KERAS_LAYERS),
  'unrolled/keras: compressed data, besides': loaded('keras', 5_300, 'kerasStorage/compressed.js'),
  'unrolled/torch beyond unrolled': beyond('torch', 6_200),
  'unrolled/onnx beyond unrolled': beyond('onnx', 16_000),
  'unrolled/onnx: operators of convolutional models': loaded('onnx', 4_000, ...ONNX_PARTS.slice(0, 1)),
  'unrolled/onnx: operators that some models have, besides': loaded('onnx', 6_500, ...ONNX_PARTS.slice(0, 2)),
  'unrolled/onnx: operators that few models have, besides': loaded('onnx', 15_000, ...ONNX_PARTS),
  'unrolled/onnx: loops as layers, besides': loaded(
    'onnx',
    7_500,
    ...ONNX_PARTS.slice(0, 2),
    'onnxLoops/index.js',
  ),
  'unrolled/onnx-model beyond unrolled and onnx': beyond('onnx-model', 7_000, 'onnx'),
  'unrolled/amp beyond unrolled': beyond('amp', 6_000),
  'unrolled/text beyond unrolled': beyond('text', 6_000),
  'unrolled/onnx-writer beyond unrolled': beyond('onnx-writer', 7_000),
  'unrolled/tfjs-writer beyond unrolled': beyond('tfjs-writer', 7_000),
  'unrolled/quant beyond unrolled': beyond('quant', 20_000),
};

/** What an entry adds to the whole package, and to another entry that it is of use to. */
function beyond(entry, limit, other) {
  const before = `export * from 'unrolled';${other ? ` export * as other from 'unrolled/${other}';` : ''}`;
  return { code: `${before} export * as entry from 'unrolled/${entry}';`, beyond: { code: before }, limit };
}

/** What an entry loads with import() last, after other files. */
function loaded(entry, limit, ...files) {
  const code = `export * from 'unrolled'; export * as entry from 'unrolled/${entry}';`;
  return { code, loads: files, beyond: { code, loads: files.slice(0, -1) }, limit };
}

function firstExample() {
  return readFileSync(join(root, 'README.md'), 'utf8').match(/^```js\n(.*?)^```$/ms)[1];
}

/** Bytes gzipped: JavaScript (with what is inlined in it), files of wasm, and both. */
export async function measure({ code, loads = [], wasm = [], external = [], kernels = true }, folder = root) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: folder, sourcefile: 'use.mjs' },
    ...FOR_PAGES,
    absWorkingDir: folder,
    outdir: join(folder, 'sizes'),
    write: false,
    metafile: true,
    external,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const first = ({ entryPoint = '' }) =>
    entryPoint === 'use.mjs' || loads.some((file) => entryPoint.endsWith(`dist/${file}`));
  const entries = Object.keys(metafile.outputs).filter((path) => first(metafile.outputs[path]));
  if (entries.length !== 1 + loads.length) throw new Error(`${loads.join(' or ')} is not loaded by import()`);
  const files = new Set(entries);
  for (const path of files)
    for (const { path: next, kind, external } of metafile.outputs[path].imports)
      if (kind === 'import-statement' && !external) files.add(next);
  const used = outputFiles.filter(({ path }) => files.has(relative(folder, path).replaceAll('\\', '/')));
  const names = stableNames(metafile.outputs);
  const plain = (text) =>
    text.replace(HASH, (hash) => names.get(hash) ?? hash).replace(kernels ? /^$/ : KERNELS, '');
  const js = sum(used.map(({ text }) => gzipped(plain(text))));
  const binaries = sum(wasm.map((path) => gzipped(readFileSync(join(folder, path)))));
  return { js, wasm: binaries, total: js + binaries };
}

/** A build of all kernels, in base64: `unrolled` has it, and so has what adds to it. */
const KERNELS = /[A-Za-z0-9+/=]{20000,}/g;

/** Of a file's content, in its name. */
const HASH = /(?<=-)[A-Z2-7]{8}(?=\.js)/g;

/** By hash in a file's name, one of what is in it: an import's size would change by some bytes with the content of what it loads. */
function stableNames(outputs) {
  return new Map(
    Object.entries(outputs).flatMap(([path, { inputs, entryPoint = '' }]) => {
      const text = [entryPoint, ...Object.keys(inputs)].join();
      const stable = createHash('sha256').update(text).digest('hex').slice(0, 8);
      return (path.match(HASH) ?? []).map((hash) => [hash, stable.toUpperCase()]);
    }),
  );
}

function gzipped(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}

function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}

/** Bytes as kB = 1000 bytes. */
export function kB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

/** Prints all uses; gives those over their limit. */
export async function checkSizes() {
  const over = [];
  for (const [name, use] of Object.entries(USES)) {
    const { beyond } = use;
    const kernels = !beyond;
    const size = await measure({ ...use, kernels });
    const less = beyond ? (await measure({ ...beyond, kernels })).total : 0;
    const counted = (use.of === 'js' ? size.js : size.total) - less;
    const what = use.of === 'js' ? `JavaScript ${kB(counted)}` : kB(counted);
    const line = `${name}: ${what} gzipped, at most ${kB(use.limit)}`;
    console.log(line);
    if (counted > use.limit) over.push(line);
  }
  return over;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = (await checkSizes()).length ? 1 : 0;
}
