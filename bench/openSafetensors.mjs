// Opens a safetensors file: node bench/openSafetensors.mjs [MB, default 200], over the built package. Prints the time of
// reading the file, of reading it and parsing it with copies, and with views; each the least of five, in turn.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSafetensors, serializeSafetensors } from '../dist/io/index.js';

const MB = Number(process.argv[2] ?? 200);
const TENSORS = 100;
const folder = mkdtempSync(join(tmpdir(), 'unrolled-open-'));
const path = join(folder, 'model.safetensors');
try {
  const data = new Float32Array((MB * 1e6) / 4 / TENSORS).fill(0.5);
  const shape = [data.length];
  writeFileSync(
    path,
    serializeSafetensors(Array.from({ length: TENSORS }, (_, i) => [`layer.${i}.weight`, { shape, data }])),
  );
  const ways = {
    'reading it': () => readFileSync(path),
    'with copies': () => parseSafetensors(readFileSync(path)),
    'with views': () => parseSafetensors(readFileSync(path), { copy: false }),
  };
  const least = Object.fromEntries(Object.keys(ways).map((way) => [way, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < 5; round++) {
    for (const [way, open] of Object.entries(ways)) {
      const start = performance.now();
      open();
      least[way] = Math.min(least[way], performance.now() - start);
    }
  }
  for (const [way, ms] of Object.entries(least)) {
    const ratio = (ms / least['reading it']).toFixed(2);
    console.log(`${MB} MB, ${way}: ${ms.toFixed(0)} ms, ${ratio} times`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
