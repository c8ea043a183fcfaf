import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cli, cliOn, folder, oneLine, sentences, TINY, textFile } from './helper.ts';

describe('- reads standard input', () => {
  test('train: the same file as from a text of that name, resumed too', async () => {
    const path = folder();
    const text = sentences(3000);
    await cli('train', textFile(path('t'), text), ...TINY, '--steps', 8, '--out', path('a'));
    const { code, out } = await cliOn(
      { stdin: text },
      'train',
      '-',
      ...TINY,
      '--steps',
      5,
      '--out',
      path('b'),
    );
    expect(code).toBe(0);
    expect(out).toContain('Text    standard input: 3,000 characters');
    const args = ['--resume', path('b'), '--steps', 8, '--length', 0];
    expect((await cliOn({ stdin: text }, 'train', '-', ...args)).code).toBe(0);
    expect(readFileSync(path('b')).equals(readFileSync(path('a')))).toBe(true);
  });

  test('generate: the prompt, without the end of its last line; the model', async () => {
    const path = folder();
    await cli('train', textFile(path('t')), ...TINY, '--steps', 5, '--out', path('m'));
    const args = ['generate', path('m'), '--length', 20];
    const wanted = await cli(...args, '--prompt', 'a\nsea');
    for (const stdin of ['a\nsea', 'a\nsea\n', 'a\nsea\r\n']) {
      expect(await cliOn({ stdin }, ...args, '--prompt', '-')).toEqual(wanted);
    }
    const model = readFileSync(path('m'));
    expect(await cliOn({ stdin: model }, 'generate', '-', '--length', 20, '--prompt', 'a\nsea')).toEqual(
      wanted,
    );
    const inspected = await cliOn({ stdin: model }, 'inspect', '-');
    expect(inspected.out.replace('standard input', path('m'))).toBe((await cli('inspect', path('m'))).out);
  });

  test('train: the prompt', async () => {
    const path = folder();
    const args = [textFile(path('t')), ...TINY, '--steps', 2, '--out', path('m'), '--length', 5];
    const { out } = await cliOn({ stdin: 'a sea\n' }, 'train', ...args, '--prompt', '-');
    expect(out).toMatch(/\n\na sea.{5}\n/s);
  });

  test('refuses what it can not be used for, and says that it is standard input', async () => {
    const path = folder();
    const book = textFile(path('t'));
    const twice = await cliOn({ stdin: 'text' }, 'train', '-', '--prompt', '-');
    expect([twice.code, oneLine(twice)]).toEqual([2, expect.stringContaining('standard input')]);
    const both = await cliOn({ stdin: 'text' }, 'generate', '-', '--prompt', '-');
    expect([both.code, oneLine(both)]).toEqual([2, expect.stringContaining('standard input')]);
    const empty = await cliOn({ stdin: '' }, 'train', '-');
    expect([empty.code, oneLine(empty)]).toEqual([1, 'standard input: the text is empty']);
    const binary = await cliOn({ stdin: Uint8Array.of(0x1f, 0x8b, 8, 0) }, 'train', '-');
    expect(oneLine(binary)).toMatch(/^standard input: expected UTF-8 .*gzip/);
    const prompt = await cliOn({ stdin: '€' }, 'train', book, ...TINY, '--prompt', '-', '--out', path('m'));
    expect(oneLine(prompt)).toContain('"€" (U+20AC)');
  });
});

test('a device is not read: it may never end', async () => {
  for (const args of [
    ['train', '/dev/zero'],
    ['inspect', '/dev/zero'],
    ['generate', '/dev/urandom'],
  ]) {
    const outcome = await cli(...args);
    expect([outcome.code, oneLine(outcome)]).toEqual([1, expect.stringMatching(`^${args[1]}: .*pipe`)]);
  }
});
