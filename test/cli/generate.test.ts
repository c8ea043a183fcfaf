import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sequential } from '../../src/index.ts';
import { cli, folder, oneLine, TINY, textFile } from './helper.ts';

const path = folder(afterAll);
let model: Uint8Array;

beforeAll(async () => {
  const options = ['--hidden', 24, '--seq-len', 20, '--lr', 0.02, '--steps', 200, '--out', path('m')];
  const { code } = await cli('train', textFile(path('t')), ...TINY, ...options);
  expect(code).toBe(0);
  model = readFileSync(path('m'));
});

function file(bytes = model): string {
  const path = folder()('model.safetensors');
  writeFileSync(path, bytes);
  return path;
}

describe('generate', () => {
  // simd kernels: the same bits on every engine. They change when the kernels' arithmetic does (vitest -u).
  test('gives the stored text, from a model trained to the stored bytes', async () => {
    expect(createHash('sha256').update(model).digest('hex')).toMatchInlineSnapshot(
      `"44577d66da43c929e49cc339df2e38dc0e6e53c8943b81ce21fd9f69af0d9168"`,
    );
    const { code, out, err } = await cli('generate', file(), '--prompt', 'the ', '--length', 60, '--seed', 3);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatchInlineSnapshot(`
      "the sea the whale the sea a sailor “Ahoy” and an oar “Ahoy” a sa
      "
    `);
  });

  test('gives the same text again, another one for another seed', async () => {
    const path = file();
    const text = async (...args: (string | number)[]) => (await cli('generate', path, ...args)).out;
    const first = await text('--seed', 7);
    expect(await text('--seed', 7)).toBe(first);
    expect(await text('--seed', 8)).not.toBe(first);
    expect([...first].length).toBe(501);
  });

  test('temperature 0 is greedy: the seed makes no difference, a tiny temperature neither', async () => {
    const path = file();
    const text = async (t: number, seed: number) =>
      (await cli('generate', path, '--temperature', t, '--seed', seed, '--length', 80)).out;
    expect(await text(0, 1)).toBe(await text(0, 2));
    expect(await text(1e-30, 1)).toBe(await text(0, 2));
    expect(await text(1e30, 1)).not.toBe(await text(0, 2));
  });

  test('takes the prompt as it stands', async () => {
    const path = file();
    for (const prompt of [' the  ', '“Ahoy”', 'a\nsea']) {
      const { out } = await cli('generate', path, '--prompt', prompt, '--length', 5);
      expect(out.startsWith(prompt)).toBe(true);
      expect([...out].length).toBe([...prompt].length + 6);
    }
    const { out } = await cli('generate', path, '--prompt', '', '--length', 5);
    expect([...out].length).toBe(6);
  });

  test('names a prompt character that is not in the vocabulary', async () => {
    const unknown = await cli('generate', file(), '--prompt', 'the €');
    expect(unknown.code).toBe(1);
    expect(oneLine(unknown)).toBe('the character "€" (U+20AC) is not in the model\'s vocabulary');
    const digits = await cli('generate', file(), '--prompt', '007');
    expect(oneLine(digits)).toContain('"0" (U+0030)');
    const dashes = await cli('generate', file(), '--prompt', '--x');
    expect(oneLine(dashes)).toContain('"-" (U+002D)');
  });

  test('refuses files that are no character model', async () => {
    const refused = async (bytes: Uint8Array) => {
      const outcome = await cli('generate', file(bytes));
      expect(outcome.code).toBe(1);
      return oneLine(outcome);
    };
    using loaded = Sequential.load(model);
    expect(await refused(new TextEncoder().encode('just some text'))).toContain('no valid safetensors file');
    expect(await refused(new Uint8Array())).toContain('no valid safetensors file');
    expect(await refused(model.subarray(0, 5000))).toContain('no valid safetensors file');
    expect(await refused(loaded.save())).toContain('without a vocabulary');
    expect(await refused(loaded.save({ vocabulary: 'ba' }))).toContain('vocabulary is no list');
    expect(await refused(loaded.save({ vocabulary: 'abc' }))).toContain('do not fit its vocabulary of 3');
    expect(await refused(loaded.save({ vocabulary: 'abc', training: '{' }))).toContain('is no JSON');
    const damaged = loaded.save({ vocabulary: 'abc', training: '{"version":1}' });
    expect(await refused(damaged)).toContain('the state of its training is damaged');
  });
});
