import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeWhole } from '../../src/cli/writeFile.ts';
import { Sequential } from '../../src/index.ts';
import { parseSafetensors } from '../../src/io/index.ts';
import { cli, folder, lastLine, oneLine, sentences, TINY, textFile } from './helper.ts';

describe('train', () => {
  test('shows the model, memory, progress, loss curve and a passage, and saves', async () => {
    const path = folder();
    const out = path('m.safetensors');
    const book = textFile(path('book.txt'));
    const shown = await cli(
      'train',
      book,
      ...TINY,
      '--steps',
      40,
      '--lr',
      0.02,
      '--length',
      30,
      '--out',
      out,
    );
    expect(shown.code).toBe(0);
    expect(shown.out).toMatch(/^Text {4}book\.txt: 3,000 characters, \d+ different$/m);
    expect(shown.out).toMatch(/^Model {3}LSTM, 1 layer of 12 units, embedding 6: [\d,]+ parameters$/m);
    expect(shown.out).toMatch(/^Memory {2}[\d.]+ [KM]iB for training; simd kernels$/m);
    expect(shown.out).not.toContain('% 40/40');
    expect(shown.err).toMatch(/100% 40\/40 \| loss \d\.\d{3} \| [\d,]+ tokens\/s \| 0 s left/);
    expect(shown.out).toContain('Loss by step');
    expect(shown.out).toMatch(/^Loss \d\.\d{3} nats per character \(mean of the last 40 steps\)/m);
    expect(shown.out).toContain('A passage the model wrote');
    expect(shown.out).toContain(`Saved ${out}`);
    expect(shown.out + shown.err).not.toContain('\x1b');
    const { metadata } = parseSafetensors(readFileSync(out));
    expect(metadata.vocabulary).toBe([...new Set(sentences(3000))].sort().join(''));
    expect(readdirSync(dirname(out)).sort()).toEqual(['book.txt', 'm.safetensors']);
  });

  test('learns: the loss falls well below that of guessing', async () => {
    const path = folder();
    const options = ['--hidden', 32, '--seq-len', 20, '--lr', 0.02, '--steps', 250, '--out', path('m')];
    const { out } = await cli('train', textFile(path('t')), ...TINY, ...options);
    expect(Number(/^Loss ([\d.]+)/m.exec(out)![1])).toBeLessThan(1);
  });

  test.each([
    ['--cell', 'lstm'],
    ['--cell', 'gru', '--layers', 2, '--dropout', 0.3],
    ['--cell', 'rnn'],
  ])('resumed is bit for bit as in one go: %s %s', async (...options) => {
    const path = folder();
    const book = textFile(path('t'));
    const args = [book, ...TINY, ...options];
    await cli('train', ...args, '--steps', 100, '--out', path('whole'));
    await cli('train', ...args, '--steps', 60, '--out', path('part'));
    const resumed = await cli('train', book, '--resume', path('part'), '--steps', 100, '--length', 0);
    expect(resumed.code).toBe(0);
    expect(resumed.out).toContain('steps 61 to 100');
    expect(readFileSync(path('part')).equals(readFileSync(path('whole')))).toBe(true);
  });

  test('--flow shows how the gradient flows after the curve, and changes no bit', async () => {
    const path = folder();
    const book = textFile(path('t'));
    const args = [...TINY, '--layers', 2, '--steps', 12];
    const plain = await cli('train', book, ...args, '--out', path('plain'));
    expect(plain.out).not.toContain('‖∂L/∂h_t‖');
    for (const flow of [['--flow'], ['--flow', 5], ['--flow=1']]) {
      const { code, out, err } = await cli('train', book, ...args, ...flow, '--out', path('told'));
      expect(code).toBe(0);
      expect(readFileSync(path('told')).equals(readFileSync(path('plain')))).toBe(true);
      const [, ...shown] = out
        .slice(out.indexOf('Loss by step'))
        .split("\nGradient of a sequence's last loss after 12 steps\n");
      expect(shown).toHaveLength(1);
      const lines = shown[0]!.split('\n');
      expect(lines[0]).toContain('‖∂L/∂h_t‖ from the first step to the last');
      const text = lines.join('\n').replace(/\n {9,}/g, ' ');
      expect(text).toMatch(
        /^layer 0 → {2}[▁-█]{10} ratio \d.* per step.*; reaches \d+ of 10 steps back \(.* of a gradient is left/m,
      );
      expect(text).toMatch(/^layer 1 → {2}[▁-█]{10} ratio/m);
      expect(/ \| gradient reaches \d+ of 10 steps$/m.test(err)).toBe(true);
    }
    const longer = await cli(
      'train',
      book,
      '--resume',
      path('told'),
      '--steps',
      13,
      '--length',
      0,
      '--flow',
      100,
    );
    expect(longer.out).toContain('last loss after 13 steps');
  });

  test('--flow before the text takes it for the text', async () => {
    const path = folder();
    const book = textFile(path('t'));
    const shown = await cli('train', '--flow', book, ...TINY, '--steps', 2, '--out', path('m'));
    expect(shown.code).toBe(0);
    expect(shown.out).toContain('last loss after 2 steps');
    const both = await cli('train', '--flow', book, book, ...TINY, '--steps', 2, '--out', path('m'));
    expect([both.code, oneLine(both)]).toEqual([2, expect.stringMatching(`^--flow: .*${book}`)]);
    const none = await cli('train', book, '--flow=0', ...TINY);
    expect([none.code, oneLine(none)]).toEqual([2, expect.stringContaining('a whole number of at least 1')]);
  });

  test('the same seed gives the same file, another seed another', async () => {
    const path = folder();
    const args = [textFile(path('t')), ...TINY, '--steps', 5];
    for (const [out, seed] of [
      ['a', 4],
      ['b', 4],
      ['c', 5],
    ]) {
      await cli('train', ...args, '--seed', seed!, '--out', path(String(out)));
    }
    expect(readFileSync(path('a')).equals(readFileSync(path('b')))).toBe(true);
    expect(readFileSync(path('a')).equals(readFileSync(path('c')))).toBe(false);
  });

  test('--resume without a file is that of --out; with --out it writes there', async () => {
    const path = folder();
    const book = textFile(path('t'));
    await cli('train', book, ...TINY, '--steps', 3, '--out', path('m'));
    expect((await cli('train', '--steps', 6, '--length', 0, '--out', path('m'), '--resume', book)).code).toBe(
      0,
    );
    const before = readFileSync(path('m'));
    await cli('train', book, '--resume', path('m'), '--steps', 9, '--length', 0, '--out', path('n'));
    expect(readFileSync(path('m')).equals(before)).toBe(true);
    const step = (name: string) =>
      JSON.parse(parseSafetensors(readFileSync(path(name))).metadata.training!).step;
    expect([step('m'), step('n')]).toEqual([6, 9]);
  });

  test('resuming refuses another text, contradicting options, no more steps and files without training', async () => {
    const path = folder();
    const book = textFile(path('t'));
    const other = textFile(path('other'), sentences(3000, 2));
    const model = path('m');
    await cli('train', book, ...TINY, '--steps', 3, '--out', model);
    const before = readFileSync(model);
    const resume = async (text: string, ...rest: (string | number)[]) => {
      const outcome = await cli('train', text, '--resume', model, ...rest);
      expect(outcome.code).toBe(1);
      return oneLine(outcome);
    };
    expect(await resume(other, '--steps', 5)).toContain('different text');
    expect(await resume(book, '--steps', 5, '--hidden', 99)).toContain('--hidden 99 contradicts');
    expect(await resume(book, '--steps', 5, '--seq-len', 99)).toContain('--seq-len 99 contradicts');
    expect(await resume(book, '--steps', 5, '--cell', 'gru')).toContain('--cell gru contradicts');
    expect(await resume(book, '--steps', 3)).toContain('already has 3 steps');
    expect(await resume(book)).toContain('already has 3 steps');
    expect(readFileSync(model).equals(before)).toBe(true);

    using plain = Sequential.load(before);
    writeFileSync(model, plain.save({ vocabulary: parseSafetensors(before).metadata.vocabulary! }));
    expect(await resume(book, '--steps', 5)).toContain('training state');
    writeFileSync(model, before.subarray(0, -4));
    expect(await resume(book, '--steps', 5)).toContain('not a valid safetensors file');
  });

  test('equal options are no contradiction', async () => {
    const path = folder();
    const book = textFile(path('t'));
    await cli('train', book, ...TINY, '--steps', 3, '--out', path('m'));
    const again = await cli('train', book, ...TINY, '--steps', 4, '--resume', path('m'));
    expect(again.code).toBe(0);
  });

  test('keeps a file that is there and its link when training diverges or can not start', async () => {
    const path = folder();
    const book = textFile(path('t'));
    writeFileSync(path('m'), 'what was there');
    symlinkSync(path('m'), path('link'));
    const diverged = await cli('train', book, ...TINY, '--steps', 30, '--lr', 1e30, '--out', path('link'));
    expect(diverged.code).toBe(1);
    expect(lastLine(diverged)).toMatch(/^training diverged at step \d+; .*--lr 1e\+30; nothing .*saved$/);
    expect(readFileSync(path('m'), 'utf8')).toBe('what was there');
    await cli('train', book, ...TINY, '--steps', 3, '--out', path('link'));
    expect(readFileSync(path('m')).length).toBeGreaterThan(1000);
    expect(statSync(path('link')).ino).toBe(statSync(path('m')).ino);
  });

  test('writes to where links lead, also if nothing is there yet, and keeps the mode of a file', () => {
    const path = folder();
    for (const name of ['real', 'linked']) mkdirSync(path(name));
    symlinkSync(path('real'), path('linked/folder'));
    symlinkSync('../target', path('linked/folder/second'));
    symlinkSync('linked/folder/second', path('link'));
    writeWhole(path('link'), Uint8Array.of(1));
    expect([lstatSync(path('link')).isSymbolicLink(), readFileSync(path('target')).length]).toEqual([
      true,
      1,
    ]);
    // modes that the mask of a process takes bits away from, or is wider than
    for (const mode of [0o664, 0o600, 0o666]) {
      chmodSync(path('target'), mode);
      writeWhole(path('link'), Uint8Array.of(1, 2));
      expect(statSync(path('target')).mode & 0o777).toBe(mode);
    }
    symlinkSync('none/target', path('nowhere'));
    expect(() => writeWhole(path('nowhere'), Uint8Array.of(1))).toThrow(/no directory .*none$/);
    symlinkSync('loop', path('loop'));
    expect(() => writeWhole(path('loop'), Uint8Array.of(1))).toThrow('too many symbolic links');
  });

  test('reads any UTF-8 text: a byte order mark, surrogate pairs, one sequence exactly, one character only', async () => {
    const path = folder();
    const options = ['--steps', 3, '--out', path('m')];
    const run = (text: string) => cli('train', textFile(path('t'), text), ...TINY, ...options);
    expect((await run('\ufeff𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🐋🐋🐋')).out).toContain('11 characters, 9 different');
    expect((await run('0123456789a')).code).toBe(0);
    expect((await run('a'.repeat(20))).code).toBe(0);
  });
});
