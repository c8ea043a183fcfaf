import { describe, expect, test } from 'vitest';
import { readAmp } from '../../src/formats/amp/readAmp.ts';
import { readNpy } from '../../src/formats/npy/npy.ts';
import { readTorch } from '../../src/formats/torch/index.ts';
import { Generator } from '../../src/index.ts';
import { readFixtureFile } from '../fixtures/read.ts';
import { mutated, survives } from './hostile.ts';

const SEEDS = 10_000;
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const amp = JSON.parse(new TextDecoder().decode(await readFixtureFile('amp/expected.json')));

const FILES: [string, (bytes: Uint8Array) => unknown, Uint8Array][] = [
  ['torch zip', readTorch, await readFixtureFile('torch/two.pt')],
  ['torch zip, a module', readTorch, await readFixtureFile('torch/module.pt')],
  ['torch legacy', readTorch, await readFixtureFile('torch/kindsLegacy.pt')],
  ['torch pickle', readTorch, await readFixtureFile('torch/pickled.pkl')],
  ['nam', readAmp, text(amp.nam.file)],
  ['guitarml', readAmp, text(amp.guitarml.file)],
  ['rtneural', readAmp, text(amp.rtneural.file)],
  [
    'npy',
    readNpy,
    Uint8Array.from(
      `\x93NUMPY\x01\x00\x76\x00${"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }".padEnd(117)}\n${'\x01'.repeat(24)}`,
      (char) => char.charCodeAt(0),
    ),
  ],
];

describe.each(FILES)('%s', (name, read, file) => {
  test('is read as it is', () => {
    expect(survives(read, file, name)).toBe(true);
  });

  test('cut off at every byte', () => {
    for (let n = 0; n < file.length; n++) survives(read, file.subarray(0, n), `${name}, ${n} bytes`);
  });

  test(`${SEEDS} mutations`, () => {
    let whole = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const bytes = mutated(file, new Generator(seed));
      if (survives(read, bytes, `${name}, seed ${seed}`)) whole++;
    }
    expect(whole).toBeLessThan(SEEDS);
  });
});
