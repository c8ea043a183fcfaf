import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { columnsOf } from '../../src/cli/io.ts';
import { lossCurve } from '../../src/cli/train/curve.ts';
import { Losses } from '../../src/cli/train/losses.ts';
import { Progress } from '../../src/cli/train/progress.ts';
import { some } from '../thorough.ts';
import { cli, cliOn, folder, TINY, textFile } from './helper.ts';
import { program } from './program.ts';

const { startIn } = program();
const hasFull = existsSync('/dev/full');

/** Runs a command with every output of `commands` in a shell; gives exit code and what came to stderr. */
async function outcome(shell: string, ...args: (string | number)[]): Promise<[unknown, string]> {
  const child = startIn(shell, ...args);
  const [code] = await child.exit;
  return [code, child.err()];
}

/** The words of a command, TEXT and MODEL being files of a folder of its own. */
function filled(command: string) {
  const path = folder();
  const [book, model] = [textFile(path('t')), path('m')];
  return { book, model, args: command.split(' ').map((arg) => ({ TEXT: book, MODEL: model })[arg] ?? arg) };
}

describe.runIf(hasFull)('stdout on a full disk', () => {
  const fixture = 'test/fixtures/lstm-plain.safetensors';
  const commands = [
    '--help',
    'train --help',
    'info',
    `inspect ${fixture}`,
    `verify ${fixture}`,
    'generate MODEL --length 3000',
    'generate MODEL --beams 2 --length 9',
    'train TEXT --resume MODEL --steps 9',
  ];
  test.each(some(commands, 8, 2))('one line, exit code 1: %s', async (command) => {
    const { book, model, args } = filled(command);
    await cli('train', book, ...TINY, '--steps', 2, '--out', model);
    expect(await outcome('"$@" > /dev/full', ...args)).toEqual([
      1,
      "unrolled: can't write the output: no space left on the device\n",
    ]);
  });

  test('stderr: training goes on and is saved, exit code 1', async () => {
    const path = folder();
    const args = ['train', textFile(path('t')), ...TINY, '--steps', 5, '--out', path('m')];
    const child = startIn('"$@" 2> /dev/full', ...args);
    expect(await child.exit).toEqual([1, null]);
    expect(child.out()).toContain(`Saved ${path('m')}`);
  });
});

describe('a reader that has gone away', () => {
  const commands = [
    '--help',
    'inspect test/fixtures/lstm-plain.safetensors',
    'train TEXT --steps 1000000000 --out MODEL',
  ];
  test.each(some(commands, 3))('silence, exit code 1: %s', async (command) => {
    const { book, args } = filled(command);
    const there = `${book} is read`;
    writeFileSync(there, '');
    const gone = `while [ -e '${there}' ]; do sleep 0.05; done; sleep 0.2`;
    const shell = `{ ${gone}; "$@"; echo "exit $?" >&2; } | rm '${there}'`;
    expect(await outcome(shell, ...args)).toEqual([0, 'exit 1\n']);
  });

  test('of the progress: training goes on and is saved', async () => {
    const path = folder();
    const args = ['train', textFile(path('t')), ...TINY, '--steps', 300, '--out', path('m')];
    const child = startIn('exec "$@"', ...args);
    child.process.stderr!.destroy();
    expect(await child.exit).toEqual([1, null]);
    expect(child.out()).toContain(`Saved ${path('m')}`);
  });
});

describe('progress and results', () => {
  test('progress goes to stderr, results go to stdout', async () => {
    const path = folder();
    const args = [textFile(path('t')), ...TINY, '--steps', 30, '--out', path('m')];
    const { out, err } = await cli('train', ...args);
    expect(err).toMatch(/^░+ 0% 0\/30 \| loss -/);
    expect(err).toMatch(/█+ 100% 30\/30 \| loss \d/);
    expect(err).not.toMatch(/Saved|Loss/);
    expect(out).toMatch(/^Text .*\nModel .*\nMemory .*\nTrain .*\n\nLoss by step/);
    expect(out).not.toContain('tokens/s');
  });

  test('a file that will be replaced is named before', async () => {
    const path = folder();
    const args = [textFile(path('t')), ...TINY, '--steps', 2, '--out', path('m')];
    expect((await cli('train', ...args)).err).not.toContain('replaced');
    expect((await cli('train', ...args)).err).toContain(`${path('m')} exists and will be replaced\n`);
    const resumed = await cli('train', args[0]!, '--resume', path('m'), '--steps', 3, '--length', 0);
    expect(resumed.err).not.toContain('replaced');
  });
});

/** Each state of each line, without control sequences. */
function lines(text: string): string[] {
  return stripVTControlCharacters(text.replaceAll('\x1b[1G', '\n')).split('\n');
}

describe.each(some([40, 60, 80], 2))('a terminal of %d columns', (columns) => {
  test('holds the whole output of train, but for the passage and the last hints', async () => {
    const path = folder();
    const book = textFile(path('t'));
    const args = [book, ...TINY, '--layers', 2, '--steps', 120, '--flow=20', '--val', book];
    const { code, out, err } = await cliOn({ columns }, 'train', ...args, '--out', path('m'));
    expect(code).toBe(0);
    expect(Math.max(...lines(err).map((line) => line.length))).toBeLessThan(columns);
    const fits = out.slice(0, out.search(/^Loss \d/m));
    expect(fits).toContain('Loss by step');
    expect(fits).toContain('reaches');
    expect(Math.max(...lines(fits).map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines(err).at(-2)).toMatch(/^█{6,18} 100%.* \| loss \d\.\d{3}/);
  });

  test('holds the bar of a long run, with the loss and the time left', async () => {
    const { stream, text } = terminal(columns);
    const progress = new Progress(stream, 0, 10_000_000, 512);
    await setTimeout(5);
    progress.update(1_234_567, 12.345, 1.234, 'loss stuck, gradient vanishes after 123 steps!');
    progress.note('a note');
    progress.update(1_234_568, 1.345, 1.234, 'gradient reaches 12 of 64 steps');
    progress.stop();
    const shown = lines(text());
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThan(columns);
    expect(shown).toContain('a note');
    expect(shown.join('\n')).toMatch(/█+░+ 12%.*\| loss 12\.345/);
    if (columns >= 60) expect(shown.join('\n')).toMatch(/loss 12\.345.* left/);
    // nothing is left switched in the terminal
    expect(text()).not.toContain('\x1b[?7l');
  });

  test('holds the chart of large losses and many steps', () => {
    const losses = new Losses();
    for (let i = 0; i < 300_000; i++) losses.add(1e6 / (i + 1));
    const shown = lossCurve(losses, columns).split('\n');
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.at(-1)).toMatch(/\d+ +\d+ +\d+/);
  });
});

test('without a terminal lines are as long as they are', () => {
  expect(columnsOf({ isTTY: false, columns: 0 } as never)).toBe(80);
});

function terminal(columns: number) {
  let text = '';
  const write = (part: string) => {
    text += part;
    return true;
  };
  return { stream: { isTTY: true, columns, write } as never, text: () => text };
}
