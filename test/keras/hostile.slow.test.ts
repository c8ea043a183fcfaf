import { beforeAll, describe, expect, test } from 'vitest';
import { inflate } from '../../src/formats/zip/inflate.ts';
import { readZip } from '../../src/formats/zip/zip.ts';
import { init } from '../../src/index.ts';
import { kerasCases } from '../fixtures/keras/read.ts';
import { attack, attackJson, attempt, caseOf } from './hostile.ts';

const CASES = await kerasCases();
const MUTATIONS = 10_000;

beforeAll(async () => {
  await init({ kernels: 'simd' });
});

describe(`${MUTATIONS} mutations give errors of the package only`, () => {
  const files = [
    'functional.keras',
    'bidirectional-states.keras',
    'norms-h5.h5',
    'conv-lstm-h5.h5',
    'nested-h5.h5',
  ];

  test.each(files)('%s', (name) => {
    expect(attack(name, caseOf(CASES, name).file, MUTATIONS / 2)).toBeGreaterThan(MUTATIONS / 20);
  });

  test.each(['translation.keras', 'conv-more.keras', 'nested.keras', 'attention.keras'])(
    'config of %s',
    (name) => {
      const members = readZip(caseOf(CASES, name).file, { format: 'keras', inflate });
      const config = JSON.parse(new TextDecoder().decode(members.get('config.json')!.read()));
      const weights = { 'model.weights.h5': members.get('model.weights.h5')!.read() };
      expect(attackJson(name, config, weights, MUTATIONS / 4)).toBeGreaterThan(MUTATIONS / 40);
    },
  );
});

test.each(['SimpleRNN-sequences-h5.h5', 'LSTM-last.keras'])('%s cut off at every byte', (name) => {
  const { file } = caseOf(CASES, name);
  for (let length = 0; length < file.length; length++)
    expect(attempt(file.subarray(0, length), false), `${length}`).toBe('refused');
});
