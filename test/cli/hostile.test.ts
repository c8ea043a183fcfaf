import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseSafetensors, serializeSafetensors } from '../../src/io/index.ts';
import { cli, folder, lastLine, TINY, textFile } from './helper.ts';

type Json = Record<string, unknown>;

/** A checkpoint whose metadata are changed; gives its path and that of its text. */
async function checkpoint(change: (metadata: { unrolled: Json; training: Json }) => unknown) {
  const path = folder();
  const book = textFile(path('t'));
  await cli('train', book, ...TINY, '--steps', 2, '--out', path('m'));
  const { tensors, metadata } = parseSafetensors(readFileSync(path('m')));
  const read = { unrolled: JSON.parse(metadata.unrolled!), training: JSON.parse(metadata.training!) };
  change(read);
  const changed = { ...metadata, unrolled: text(read.unrolled), training: text(read.training) };
  writeFileSync(path('m'), serializeSafetensors(Object.fromEntries(tensors), changed));
  return { book, model: path('m') };
}

/** Stands for arrays nested 20,000 deep, which JSON.stringify does not write. */
const NESTED = 'nested';
const text = (value: unknown) =>
  JSON.stringify(value).replace(`"${NESTED}"`, `${'['.repeat(20_000)}${']'.repeat(20_000)}`);

function settings(change: Json) {
  return ({ training }: { training: Json }) => Object.assign(training.settings as Json, change);
}

/** Sizes and values that would take minutes, gigabytes or a foreign error where they are believed. */
const HOSTILE: [string, Parameters<typeof checkpoint>[0]][] = [
  ['a million layers in the settings', settings({ layers: 1e6 })],
  ['2^53 − 1 layers in the settings', settings({ layers: 2 ** 53 - 1 })],
  ['11,000 units in the settings', settings({ hidden: 11_000 })],
  ['2^53 − 1 units in the settings', settings({ hidden: 2 ** 53 - 1, embed: 2 ** 53 - 1 })],
  ['a billion rows', settings({ batch: 1e9 })],
  ['sequences of a billion characters', settings({ seqLen: 1e9 })],
  ['another cell', settings({ cell: 'gru' })],
  ['a cell that every object has', settings({ cell: 'constructor' })],
  ['a version that is an object', ({ training }) => (training.version = { toString: 1 })],
  ['a version nested 20,000 deep', ({ training }) => (training.version = NESTED)],
  [
    'a layer nested 20,000 deep',
    ({ unrolled }) => Object.assign((unrolled.layers as Json[])[1]!, { numLayers: NESTED }),
  ],
  ['settings that are a number', ({ training }) => (training.settings = 5)],
  ['more steps than were made', ({ training }) => (training.step = 1e15)],
  [
    'a million layers in the model',
    ({ unrolled }) => Object.assign((unrolled.layers as Json[])[1]!, { numLayers: 1e6 }),
  ],
  ['a version of the model that is an object', ({ unrolled }) => (unrolled.version = { toString: 1 })],
];

describe('a hostile checkpoint', () => {
  test.each(HOSTILE)('is refused by --resume in one line, and stays: %s', async (_, change) => {
    const { book, model } = await checkpoint(change);
    const before = readFileSync(model);
    const outcome = await cli('train', book, '--resume', model, '--steps', 2e15, '--length', 0);
    expect([outcome.code, outcome.out]).toEqual([1, '']);
    const line = lastLine(outcome);
    expect(line).not.toContain('unexpected error');
    expect(line.length).toBeLessThan(400);
    expect(readFileSync(model).equals(before)).toBe(true);
  });

  test.each(HOSTILE)('inspect and generate end in text or one line: %s', async (_, change) => {
    const { model } = await checkpoint(change);
    for (const command of ['inspect', 'generate']) {
      const outcome = await cli(command, model);
      if (outcome.code === 0) continue;
      expect([outcome.code, outcome.out]).toEqual([1, '']);
      expect(lastLine(outcome)).not.toContain('unexpected error');
    }
  });
});

test('as many layers as no memory holds are refused', async () => {
  const path = folder();
  const outcome = await cli('train', textFile(path('t')), ...TINY, '--layers', 1e7, '--out', path('m'));
  expect([outcome.code, outcome.out]).toEqual([1, '']);
  expect(lastLine(outcome)).not.toContain('unexpected error');
});
