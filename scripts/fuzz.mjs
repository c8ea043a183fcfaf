// Mutates saved models and checkpoints, and has them read: node scripts/fuzz.mjs [SEED] [COUNT], over the built package.
// Prints the seed, how many files were refused, foreign errors, calls over 100 ms, and calls that took more memory than
// 4 times the file and 16 MB. A call that is slow, or takes much, is made again, up to four times: what counts is the
// least, since other work on the machine slows calls, and V8 collects when it likes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as unrolled from '../dist/index.js';
import { parseSafetensors } from '../dist/io/index.js';
import { usedBytes } from './countMemory.mjs';
import { root } from './tools.mjs';

const seed = Number(process.argv[2] ?? process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const count = Number(process.argv[3] ?? 10_000);
const MOST_MS = 100;
const MOST_BYTES = 16 * 2 ** 20;

const {
  BatchNorm,
  Dropout,
  Embedding,
  GRU,
  init,
  LastStep,
  LayerNorm,
  Linear,
  LSTM,
  Sequential,
  Trainer,
  UnrolledError,
} = unrolled;
await init({ kernels: 'simd' });
console.warn = () => {};

const generator = new unrolled.Generator(seed);
const below = (n) => generator.integer(n);
const pick = (list) => list[below(list.length)];

const models = [
  () => [
    new Embedding(5, 3),
    new LSTM(3, 4, { numLayers: 2, dropout: 0.1 }),
    new Dropout(0.2),
    new Linear(4, 5),
  ],
  () => [new Embedding(5, 3), new GRU(3, 4, { bidirectional: true }), new LastStep(), new Linear(8, 5)],
  () => [
    new Embedding(5, 3),
    new LSTM(3, 4, { peephole: true, zoneout: { h: 0.1, c: 0.2 } }),
    new Linear(4, 5),
  ],
  () => {
    const table = new Embedding(5, 3);
    const recurrent = new LSTM(3, 3, { bias: 'single' });
    return [table, recurrent, new LayerNorm(3), new BatchNorm(3), new Linear(3, 5, { tied: table })];
  },
];
const trainerOf = (make) => {
  const model = new Sequential(make());
  const optimizer = new unrolled.AdamW({ lr: 0.01 });
  return new Trainer(model, { loss: unrolled.crossEntropy, optimizer, carryState: true });
};
const trainers = models.map(trainerOf);
const x = { data: Int32Array.of(1, 2, 3, 4), shape: [2, 2] };
const files = trainers.flatMap((trainer, i) => {
  trainer.step(x, { ...x, shape: i === 1 ? [1, 2] : x.shape, data: i === 1 ? x.data.subarray(2) : x.data });
  return [trainer.save({ note: 'text' }), trainer.model.save()];
});
for (const name of ['trainer', 'last-step']) {
  files.push(new Uint8Array(readFileSync(join(root, `test/fixtures/models/version-1-${name}.safetensors`))));
}

const deep = JSON.parse(`${'['.repeat(5000)}1${']'.repeat(5000)}`);
const VALUES = [
  ...[null, true, false, 0, -0, -1, 1, 0.5, 2, 3, 7, 1e6, 1e9, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e308],
  ...[
    0.9999999,
    11_000,
    '',
    'x',
    'LSTM',
    'LastStep',
    '__proto__',
    'constructor',
    '\ud800',
    'x'.repeat(10_000),
  ],
  ...[[], {}, [1], [null], { toString: 1, valueOf: 1 }, { length: 1e9 }, { type: 'Dropout', p: 0.5 }],
  ...[{ type: 'LSTM', inputSize: 1, hiddenSize: 1e6, numLayers: 1e6 }, Array(300).fill({ type: 'Dropout' })],
  deep,
];

/** Changes one place of a tree of JSON, in place; gives the tree, or what takes its place. */
function mutateTree(tree) {
  const places = [];
  const visit = (node, depth) => {
    if (typeof node !== 'object' || node === null || depth > 8 || places.length > 2000) return;
    for (const key of Object.keys(node)) {
      places.push([node, key]);
      visit(node[key], depth + 1);
    }
  };
  visit(tree, 0);
  if (places.length === 0 || below(50) === 0) return copy(pick(VALUES));
  const [node, key] = pick(places);
  const kind = below(6);
  if (kind === 0) delete node[key];
  else if (kind === 1)
    node[pick(['type', 'version', 'numLayers', 'layers', 'shape', 'x', '__metadata__'])] = node[key];
  else if (kind === 2) node[key] = copy(pick(places)[0]);
  else if (kind === 3 && typeof node[key] === 'number') node[key] += pick([-1, 1, 0.5, 1e9]);
  else if (kind === 4 && Array.isArray(node))
    node.splice(below(node.length), below(2), ...node.slice(0, below(3)));
  else node[key] = copy(pick(VALUES));
  return tree;
}

/** A copy, so that a mutation reaches one place only; what is large is left out. */
function copy(tree) {
  const json = text(tree);
  return json.length > 20_000 ? null : JSON.parse(json);
}

/** JSON of a tree that may hold itself. */
function text(tree) {
  try {
    return JSON.stringify(tree) ?? 'null';
  } catch {
    return '{}';
  }
}

/** The file with another header. */
function withHeader(file, header) {
  const encoded = new TextEncoder().encode(header);
  const padded = Math.ceil(encoded.length / 8) * 8;
  const old = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const out = new Uint8Array(8 + padded + file.length - 8 - old);
  new DataView(out.buffer).setBigUint64(0, BigInt(padded), true);
  out.fill(0x20, 8, 8 + padded);
  out.set(encoded, 8);
  out.set(file.subarray(8 + old), 8 + padded);
  return out;
}

function headerOf(file) {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return new TextDecoder().decode(file.subarray(8, 8 + length)).trim();
}

function mutate(file) {
  const kind = below(10);
  if (kind < 4) {
    const header = JSON.parse(headerOf(file));
    let description = JSON.parse(header.__metadata__.unrolled);
    for (let i = 1 + below(3); i > 0; i--) description = mutateTree(description);
    header.__metadata__.unrolled = text(description);
    return withHeader(file, JSON.stringify(header));
  }
  if (kind < 7) {
    let header = JSON.parse(headerOf(file));
    for (let i = 1 + below(3); i > 0; i--) header = mutateTree(header);
    return withHeader(file, text(header));
  }
  if (kind === 7) return file.slice(0, below(file.length));
  const out = file.slice();
  if (kind === 8) for (let i = 1 + below(8); i > 0; i--) out[below(out.length)] = below(256);
  else out.set([below(256), below(256), pick([0, 0, 1, 255])], pick([0, 0, 8, below(out.length - 3)]));
  return out;
}

/** Time and bytes of a call, and what it threw. Memory that is collected during the call is not counted. */
function measure(call) {
  const before = usedBytes();
  const start = performance.now();
  let error;
  try {
    call()?.dispose?.();
  } catch (thrown) {
    error = thrown;
  }
  const ms = performance.now() - start;
  return { ms, bytes: usedBytes() - before, error };
}

const found = { refused: 0, foreign: 0, slow: 0, large: 0, changed: 0 };
const report = (what, i, name, value) => console.log(`${what}: file ${i}, ${name}: ${value}`);
for (let i = 0; i < count; i++) {
  const source = below(files.length);
  const file = mutate(files[source]);
  // mostly the one that wrote the file, so that mutations reach what comes after the comparison of layers
  const trainer = (below(4) > 0 && trainers[Math.floor(source / 2)]) || pick(trainers);
  const state = () => text([...trainer.save()]);
  const before = i % 100 === 0 ? state() : undefined;
  let refused = false;
  for (const [name, call] of [
    ['parse', () => void parseSafetensors(file)],
    ['load', () => Sequential.load(file)],
    ['restore', () => void trainer.restore(file)],
  ]) {
    let { ms, bytes, error } = measure(call);
    const mostBytes = 4 * file.length + MOST_BYTES;
    for (let again = 0; again < 4 && (ms > MOST_MS || bytes > mostBytes); again++) {
      const next = measure(call);
      ms = Math.min(ms, next.ms);
      bytes = Math.min(bytes, next.bytes);
    }
    refused ||= error !== undefined;
    if (error && !(error instanceof UnrolledError && error.message.length <= 400)) {
      found.foreign++;
      report('foreign', i, name, String(error?.stack).slice(0, 400));
    }
    if (ms > MOST_MS) {
      found.slow++;
      report('slow', i, name, `${ms.toFixed(0)} ms`);
    }
    if (bytes > mostBytes) {
      found.large++;
      report('large', i, name, `${(bytes / 2 ** 20).toFixed(1)} MiB of a file of ${file.length} bytes`);
    }
    if (name === 'restore' && error && before !== undefined && state() !== before) {
      found.changed++;
      report('changed', i, name, error.message);
    }
  }
  if (refused) found.refused++;
}
console.log(
  `seed ${seed}: ${count} files, ${found.refused} refused; ${found.foreign} foreign errors, ` +
    `${found.slow} over ${MOST_MS} ms, ${found.large} beyond 4 times the file plus 16 MB, ` +
    `${found.changed} half-changed`,
);
process.exitCode = found.foreign + found.slow + found.large + found.changed > 0 ? 1 : 0;
