import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCharacterModel } from '../../src/cli/characterModel.ts';
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
      `"64dbb0d2cbf4c97c44bbf7155a0f851d8b40694b89cbffecb7dc476a7e914abb"`,
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

  test('beams follow the likeliest text: one is greedy, more find one as likely at least', async () => {
    const path = file();
    const args = [path, '--prompt', 'the ', '--length', 30];
    const text = async (...more: (string | number)[]) => {
      const { code, out, err } = await cli('generate', ...args, ...more);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      return out;
    };
    const greedy = await text('--temperature', 0);
    expect(await text('--beams', 1)).toBe(greedy);
    const best = await text('--beams', 6);
    expect(await text('--beams', 6)).toBe(best);
    expect(best).toMatchInlineSnapshot(`
      "the sea a sailor a sailor a sailor
      "
    `);
    expect(best).not.toBe(greedy);
    expect(best.length).toBe(35);
    using loaded = Sequential.load(model);
    loaded.metadata = {};
    const vocabulary = readCharacterModel(model, path);
    const likelihood = (line: string): number => {
      using stream = loaded.stream();
      let sum = 0;
      for (const [i, token] of Array.from(vocabulary.encode(line.slice(0, 34))).entries()) {
        if (i >= 4) sum += Math.log(stream.probabilities()[token]!);
        stream.step(token);
      }
      return sum;
    };
    expect(likelihood(best)).toBeGreaterThan(likelihood(greedy));
    const start = await cli('generate', path, '--length', 5, '--beams', 2);
    expect([start.code, start.out.length]).toEqual([0, 6]);
  });

  test('beams draw nothing: no temperature, no seed', async () => {
    for (const [option, value] of [
      ['--temperature', '0.5'],
      ['--seed', '1'],
    ] as const) {
      const outcome = await cli('generate', file(), '--beams', 3, option, value);
      expect([outcome.code, outcome.out]).toEqual([2, '']);
      expect(oneLine(outcome)).toMatch(
        new RegExp(`^option '--beams <n>' cannot be used with option '${option} `),
      );
    }
    const long = await cli('generate', file(), '--beams', 2, '--length', 1e15);
    expect([long.code, oneLine(long)]).toEqual([2, expect.stringContaining('1000000000000000')]);
    const none = await cli('generate', file(), '--beams', 0);
    expect([none.code, oneLine(none)]).toEqual([
      2,
      expect.stringContaining('Expected a whole number of at least 1.'),
    ]);
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
    expect(oneLine(unknown)).toMatch(/"€" \(U\+20AC\).* vocabulary/);
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
    loaded.metadata = {};
    expect(await refused(new TextEncoder().encode('just some text'))).toContain('plain text');
    expect(await refused(new Uint8Array())).toContain('an empty file');
    expect(await refused(model.subarray(0, 5000))).toContain('not a valid safetensors file');
    expect(await refused(loaded.save())).toContain('vocabulary');
    expect(await refused(loaded.save({ vocabulary: 'ba' }))).toContain('sorted list');
    expect(await refused(loaded.save({ vocabulary: 'abc' }))).toContain('vocabulary of 3');
    expect(await refused(loaded.save({ vocabulary: 'abc', training: '{' }))).toContain('JSON');
    const damaged = loaded.save({ vocabulary: 'abc', training: '{"version":1}' });
    expect(await refused(damaged)).toContain('damaged');
  });
});
