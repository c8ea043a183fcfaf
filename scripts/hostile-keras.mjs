// Reads damaged files of Keras: node --expose-gc scripts/hostile-keras.mjs [MUTATIONS], over the built package. Prints for
// each kind of damage the longest time and the most memory beyond four times the file, and what is over the aims: 1 s, and
// 16 MiB.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { inflate } from '../dist/formats/zip/inflate.js';
import { readZip } from '../dist/formats/zip/zip.js';
import { init, UnrolledError } from '../dist/index.js';
import { loadKeras, readKeras } from '../dist/keras/index.js';
import { layers } from '../dist/kerasLayers/index.js';
import { storage } from '../dist/kerasStorage/index.js';
import { root } from './tools.mjs';

const MOST_MS = 1000;
const MOST_BYTES = 16 * 2 ** 20;
const mutations = Number(process.argv[2] ?? 1000);
await init({ kernels: 'simd' });

const grid = readZip(readFileSync(join(root, 'test/fixtures/keras/grid.zip')), { format: 'zip', inflate });
const file = (name) => grid.get(name).read();
const utf8 = (text) => new TextEncoder().encode(text);
const members = readZip(file('functional.keras'), { format: 'keras', inflate });
const weights = members.get('model.weights.h5').read();
const config = new TextDecoder().decode(members.get('config.json').read());

/** Files by kind of damage. */
const KINDS = {
  *'cut off'() {
    const bytes = file('norms-h5.h5');
    for (let length = 0; length < bytes.length; length += 37) yield bytes.subarray(0, length);
  },
  *'changed bytes'() {
    for (const name of ['functional.keras', 'nested-h5.h5']) {
      for (let i = 0; i < mutations; i++) {
        const bytes = file(name).slice();
        for (let k = 0; k < 6; k++) bytes[Math.floor(Math.random() * bytes.length)] = Math.random() * 256;
        yield bytes;
      }
    }
  },
  *'large sizes'() {
    for (const name of ['norms-h5.h5', 'conv-lstm-h5.h5']) {
      for (let i = 0; i < mutations; i++) {
        const bytes = file(name).slice();
        const at = Math.floor((Math.random() * bytes.length) / 8) * 8;
        bytes.fill(0xff, at, at + Math.floor(Math.random() * 7));
        yield bytes;
      }
    }
  },
  *bombs() {
    for (const size of [2 ** 24, 2 ** 26, 2 ** 28])
      yield zipSync({ 'config.json': new Uint8Array(size), 'model.weights.h5': weights });
  },
  *'deep and wide JSON'() {
    for (const text of ['['.repeat(1e6), '{"a":'.repeat(1e6), `{"a":[${'1,'.repeat(2e6)}1]}`])
      yield { 'config.json': utf8(text), 'model.weights.h5': weights };
    const sizes = config.replaceAll(/\d+/g, '999999999');
    yield { 'config.json': utf8(sizes), 'model.weights.h5': weights };
  },
};

const bytesIn = (given) =>
  given instanceof Uint8Array ? given.length : Object.values(given).reduce((n, one) => n + one.length, 0);
const used = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

let over = 0;
for (const [kind, files] of Object.entries(KINDS)) {
  let [count, refused, slowest, largest] = [0, 0, 0, Number.NEGATIVE_INFINITY];
  for (const given of files()) {
    globalThis.gc?.();
    const before = used();
    const start = performance.now();
    try {
      if (count % 8 === 0) loadKeras(given, { layers, storage }).dispose();
      else readKeras(given, { layers, storage });
    } catch (error) {
      if (!(error instanceof UnrolledError)) throw error;
      refused++;
    }
    slowest = Math.max(slowest, performance.now() - start);
    largest = Math.max(largest, used() - before - 4 * bytesIn(given));
    count++;
  }
  if (slowest > MOST_MS || largest > MOST_BYTES) over++;
  const memory = `${(largest / 2 ** 20).toFixed(1)} MiB beyond 4 times the file`;
  console.log(`${kind}: ${count} files, ${refused} refused; at most ${slowest.toFixed(0)} ms, ${memory}`);
}
console.log(over ? `${over} kinds over 1 s or 16 MiB` : 'all within 1 s and 16 MiB');
process.exitCode = over ? 1 : 0;
