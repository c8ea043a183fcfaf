import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, cliOn, folder, oneLine, sentences, TINY, textFile } from './helper.ts';

const path = folder(afterAll);

beforeAll(async () => {
  const book = textFile(path('t'));
  const args = [book, ...TINY, '--hidden', 24, '--steps', 120, '--lr', 0.02, '--out', path('m')];
  expect((await cli('train', ...args, '--val', book)).code).toBe(0);
  const rows = Array.from(
    { length: 60 },
    (_, i) => `2024-01-${String((i % 28) + 1).padStart(2, '0')},${i % 7},${i}`,
  );
  writeFileSync(path('w.csv'), `a,b\n${rows.map((row) => row.split(',').slice(1).join(',')).join('\n')}\n`);
  const table = [
    path('w.csv'),
    '--hidden',
    8,
    '--seq-len',
    8,
    '--batch',
    2,
    '--steps',
    30,
    '--kernels',
    'simd',
  ];
  expect((await cli('train', ...table, '--out', path('w'))).code).toBe(0);
});

describe('generate', () => {
  test('--top-k 1 is greedy; --top-p and --top-k are reproducible and change the text', async () => {
    const text = async (...args: (string | number)[]) =>
      (await cli('generate', path('m'), '--length', 120, ...args)).out;
    expect(await text('--top-k', 1)).toBe(await text('--temperature', 0));
    expect(await text('--top-p', 1e-6)).toBe(await text('--temperature', 0));
    const nucleus = await text('--temperature', 2, '--top-p', 0.5);
    expect(await text('--temperature', 2, '--top-p', 0.5)).toBe(nucleus);
    expect(await text('--temperature', 2)).not.toBe(nucleus);
    for (const [option, value] of [
      ['--top-k', 0],
      ['--top-p', 0],
      ['--top-p', 1.5],
    ] as const) {
      const outcome = await cli('generate', path('m'), option, value);
      expect([outcome.code, oneLine(outcome)]).toEqual([2, expect.stringContaining(option)]);
    }
  });
});

describe('chat', () => {
  const chat = (stdin: string, ...args: (string | number)[]) =>
    cliOn({ stdin }, 'chat', path('m'), '--length', 30, '--temperature', 0, ...args);

  test('goes on with each line of a pipe, with the state of those before', async () => {
    const { code, out, err } = await chat('the \r\nthe ');
    expect([code, err]).toEqual([0, '']);
    const turns = out.split('\n');
    expect(turns).toHaveLength(3);
    for (const turn of turns.slice(0, 2)) expect(turn).toMatch(/^the .+/);
    const first = await chat('the ');
    expect(first.out).toBe(`${turns[0]}\n`);
    const seeded = await cli('generate', path('m'), '--prompt', '\nthe ', '--length', 30, '--temperature', 0);
    expect(seeded.out.trimStart().startsWith(turns[0]!)).toBe(true);
  });

  test('leaves out a line with unknown characters, and keeps its state', async () => {
    const without = await chat('the \nand ');
    const withIt = await chat('the \n007\nand ');
    expect(withIt.out).toBe(without.out);
    expect(withIt.err).toMatch(/^unrolled: .*"0" \(U\+0030\).*left out\n$/);
  });

  test('prompts on a terminal, ends without a last line break, refuses its model from standard input', async () => {
    const { out } = await cliOn({ stdin: 'the', columns: 80 }, 'chat', path('m'), '--length', 5);
    expect(out).toMatch(/^> the.*\n> \n$/s);
    expect((await chat('')).out).toBe('');
    const refused = await cliOn({ stdin: readFileSync(path('m')) }, 'chat', '-');
    expect([refused.code, oneLine(refused)]).toEqual([2, expect.stringContaining('standard input')]);
  });
});

describe('eval', () => {
  test('text: loss, perplexity and accuracy of each next character', async () => {
    const { code, out, err } = await cli('eval', path('m'), path('t'));
    expect([code, err]).toEqual([0, '']);
    const json = JSON.parse((await cli('eval', path('m'), path('t'), '--json')).out);
    expect(json.characters).toBe(3000);
    expect(json.perplexity).toBeCloseTo(Math.exp(json.loss), 10);
    expect(json.bits).toBeCloseTo(json.loss / Math.LN2, 10);
    expect(out).toContain(`loss        ${json.loss.toFixed(4)} nats per character`);
    expect(out).toMatch(/^accuracy {4}[\d.]+ % of the next characters$/m);
    expect(json.loss).toBeLessThan(2);
    // the probabilities that generate draws from, character by character
    const short = sentences(40);
    const one = JSON.parse((await cliOn({ stdin: short }, 'eval', path('m'), '-', '--json')).out);
    expect(one.loss).toBeCloseTo(await byHand(short), 5);
  });

  test('table: errors by column in its unit, next to those of repeating the row before', async () => {
    const { code, out } = await cli('eval', path('w'), path('w.csv'));
    expect(code).toBe(0);
    expect(out).toMatch(/^column +mean error +root mean square +repeating the row before$/m);
    const json = JSON.parse((await cli('eval', path('w'), path('w.csv'), '--json')).out);
    expect(json.rows).toBe(60);
    // b rises by 1 from row to row
    expect(json.columns.b.repeating).toBeCloseTo(1, 4);
    expect(json.columns.a.rmse).toBeGreaterThanOrEqual(json.columns.a.mae);
    const trained = await cli('inspect', path('w'), '--json');
    expect(trained.code).toBe(0);
  });

  test('names what does not fit', async () => {
    const unknown = await cliOn({ stdin: 'the 7' }, 'eval', path('m'), '-');
    expect([unknown.code, oneLine(unknown)]).toEqual([1, expect.stringMatching(/^standard input: .*"7"/)]);
    const bytes = readFileSync(path('m'));
    // NaN in all tensors
    writeFileSync(path('nan'), bytes.fill(0xff, 8 + Number(bytes.readBigUInt64LE())));
    const none = await cli('eval', path('nan'), path('t'));
    expect([none.code, none.out]).toEqual([1, '']);
    expect(oneLine(none)).toContain('nan: the loss is NaN');
    const short = await cliOn({ stdin: 't' }, 'eval', path('m'), '-');
    expect(oneLine(short)).toContain('at least 2 characters');
    const columns = await cliOn({ stdin: 'a,c\n1,2\n3,4\n' }, 'eval', path('w'), '-');
    expect(oneLine(columns)).toContain("no column 'b'");
    const missing = await cliOn({ stdin: 'a,b\n1,2\n,4\n' }, 'eval', path('w'), '-');
    expect(oneLine(missing)).toMatch(/line 3, column 'a'.*--missing/);
    const option = await cli('eval', path('m'), path('t'), '--missing', 'previous');
    expect([option.code, oneLine(option)]).toEqual([2, expect.stringContaining('--missing')]);
  });
});

/** Mean of −ln of the probability of each next character. */
async function byHand(text: string): Promise<number> {
  const { Sequential } = await import('../../src/index.ts');
  const { readCharacterModel } = await import('../../src/cli/characterModel.ts');
  const bytes = readFileSync(path('m'));
  const tokens = readCharacterModel(bytes, 'm').encode(text);
  using model = Sequential.load(bytes);
  using stream = model.stream();
  let sum = 0;
  for (let i = 0; i + 1 < tokens.length; i++) {
    stream.step(tokens[i]!);
    sum -= Math.log(stream.probabilities()[tokens[i + 1]!]!);
  }
  return sum / (tokens.length - 1);
}

describe('plot', () => {
  test('the loss of a saved run, as a chart and as CSV', async () => {
    const { code, out } = await cli('plot', path('m'));
    expect(code).toBe(0);
    expect(out).toMatch(/120 of 120 steps\nLoss by step, nats per character\n/);
    expect(out).toMatch(/^Lowest validation loss [\d.]+, after \d+ steps$/m);
    const rows = (await cli('plot', path('m'), '--csv')).out.trimEnd().split('\n');
    expect([rows[0], rows.length]).toEqual(['step,loss', 121]);
    for (const row of rows.slice(1)) expect(row).toMatch(/^\d+(\.5)?,\d+\.\d+$/);
    const narrow = await cliOn({ columns: 60 }, 'plot', path('m'));
    expect(Math.max(...narrow.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
    const other = await cli('plot', path('t'));
    expect([other.code, oneLine(other)]).toEqual([1, expect.stringContaining('plain text')]);
  });
});

describe('train --sample-every', () => {
  test('shows what the model writes, and does not change what is learned', async () => {
    const args = [path('t'), ...TINY, '--steps', 40];
    const plain = await cli('train', ...args, '--out', path('plain'));
    const shown = await cli(
      'train',
      ...args,
      '--out',
      path('shown'),
      '--sample-every',
      15,
      '--prompt',
      'the',
    );
    expect([plain.code, shown.code]).toEqual([0, 0]);
    expect(shown.err.match(/^after \d+ steps:\n {2}the/gm)).toEqual([
      'after 15 steps:\n  the',
      'after 30 steps:\n  the',
    ]);
    expect(readFileSync(path('shown')).equals(readFileSync(path('plain')))).toBe(true);
    const table = await cli('train', path('w.csv'), '--sample-every', 5);
    expect([table.code, oneLine(table)]).toEqual([2, expect.stringContaining('--sample-every')]);
  });
});
