import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cli, folder, oneLine, textFile } from './helper.ts';

describe('bad input', () => {
  test.each([
    [['--wobble', 3], "unknown option '--wobble'"],
    [['--hiden', 3], "unknown option '--hiden' (Did you mean --hidden?)"],
    [['--lr', 'abc'], 'Expected a number above 0'],
    [['--lr', '0'], 'Expected a number above 0'],
    [['--lr', '-1'], 'Expected a number above 0'],
    [['--lr', 'NaN'], 'Expected a number above 0'],
    [['--lr', 'Infinity'], 'Expected a number above 0'],
    [['--lr', '1e308'], 'Expected a number above 0 that float32 can hold'],
    [['--lr', '1e-46'], 'Expected a number above 0 that float32 can hold'],
    [['--temperature', '1e39'], 'Expected a number of at least 0 that float32 can hold'],
    [['--dropout', '0.99999999999'], 'Expected a number of at least 0 and below 1'],
    [['--save-every', '0'], 'Expected a number above 0'],
    [['--save-every', '-1'], 'Expected a number above 0'],
    [['--val'], "option '--val <file>' argument missing"],
    [['--lr', ''], 'Expected a number above 0'],
    ...[
      ['--hidden', '0'],
      ['--hidden', '1.5'],
      ['--hidden', '0x10'],
      ['--layers', '0'],
      ['--embed', '-4'],
      ['--steps', '0'],
      ['--seq-len', '0'],
      ['--batch', '1e99'],
    ].map((args) => [args, 'Expected a whole number of at least 1.'] as [string[], string]),
    [['--seed', '-1'], 'Expected a whole number of at least 0.'],
    [['--dropout', '1'], 'Expected a number of at least 0 and below 1.'],
    [['--temperature', '-1'], 'Expected a number of at least 0'],
    [['--cell', 'elman'], 'Allowed choices are lstm, gru, rnn.'],
    [['--steps'], "option '--steps <n>' argument missing"],
    [['another.txt'], 'too many arguments'],
  ])('train %j: usage', async (args, message) => {
    const outcome = await cli('train', 'book.txt', ...args);
    expect([outcome.code, outcome.out]).toEqual([2, '']);
    expect(oneLine(outcome)).toContain(message);
    if (args.length > 1) expect(oneLine(outcome)).toContain(args[0]);
  });

  test('a command that does not exist, no text, no model', async () => {
    for (const [args, message] of [
      [['dance'], "unknown command 'dance'"],
      [['train'], "missing required argument 'FILE'"],
      [['train', '--resume', 'model.safetensors'], '--resume needs the text'],
      [['generate'], "missing required argument 'MODEL'"],
      [['generate', 'm', '--length', '0'], 'Expected a whole number of at least 1.'],
      [['generate', 'm', '--temperature', 'NaN'], 'Expected a number of at least 0'],
      [['inspect'], "missing required argument 'FILE'"],
    ] as const) {
      const outcome = await cli(...args);
      expect(outcome.code).toBe(2);
      expect(oneLine(outcome)).toContain(message);
    }
  });

  test.each(['train', 'generate', 'inspect'])(
    '%s: files that are missing or a directory',
    async (command) => {
      const path = folder();
      mkdirSync(path('d'));
      const missing = await cli(command, path('missing\n'));
      expect([missing.code, oneLine(missing)]).toEqual([1, `${path('missing')}\\n: no such file`]);
      const directory = await cli(command, path('d'));
      expect(directory.code).toBe(1);
      expect(oneLine(directory).startsWith(`${path('d')}: is a directory`)).toBe(true);
    },
  );

  test('texts that are empty, too short or not UTF-8', async () => {
    const path = folder();
    const refused = async (bytes: string | Uint8Array, ...args: (string | number)[]) => {
      writeFileSync(path('t'), bytes);
      const outcome = await cli('train', path('t'), '--out', path('m'), ...args);
      expect(outcome.code).toBe(1);
      return oneLine(outcome);
    };
    expect(await refused('')).toContain('the text is empty');
    const short =
      'the text has 8 characters, but one sequence of --seq-len 8 needs 9; --seq-len 7 or less fits';
    expect(await refused('12345678', '--seq-len', 8)).toBe(short);
    expect(await refused(Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x20))).toContain('UTF-8');
    expect(await refused('abc'.repeat(99), '--prompt', 'z')).toContain('"z" (U+007A)');
    expect(readdirSync(path('.'))).toEqual(['t']);
  });

  test('an output that can not be written is refused before training', async () => {
    const path = folder();
    const book = textFile(path('t'));
    mkdirSync(path('d'));
    for (const [out, why] of [
      [path('d'), 'is a directory'],
      [path('no/m'), 'no directory'],
      [path('t/m'), 'a part of the path is no directory'],
      [path('t'), 'overwrite the text'],
      ['/dev/null', 'not a regular file'],
      [path('new/'), 'no name of a file'],
      ['', "can't write '': no name of a file"],
    ] as const) {
      const outcome = await cli('train', book, '--steps', 1e9, '--out', out);
      expect([outcome.code, outcome.out]).toEqual([1, '']);
      expect(oneLine(outcome)).toContain(why);
    }
    const output = await cli('train', book, '--out', '-');
    expect([output.code, output.out]).toEqual([2, '']);
    expect(oneLine(output)).toContain('--out: a model can not be written to standard output');
    expect(readdirSync(path('.')).sort()).toEqual(['d', 't']);
  });

  test('sizes that no memory holds', async () => {
    const path = folder();
    const book = textFile(path('t'));
    for (const size of [
      ['--hidden', 1e6],
      ['--batch', 1e12],
      ['--embed', 2 ** 53 - 1],
      ['--seq-len', 2900, '--batch', 1e6],
    ]) {
      const outcome = await cli('train', book, '--out', path('m'), ...size);
      expect(outcome.code).toBe(1);
      expect(oneLine(outcome)).toContain('2048 MiB');
    }
  });
});
