import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cli } from './helper.ts';

test('--help names every command, --version prints the version', async () => {
  const help = await cli('--help');
  expect([help.code, help.err]).toEqual([0, '']);
  for (const name of ['train', 'generate', 'verify', 'inspect']) expect(help.out).toContain(`  ${name} `);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const flag of ['--version', '-v']) {
    expect(await cli(flag)).toEqual({ code: 0, out: `${version}\n`, err: '' });
  }
});

test.each([
  [
    'train',
    ['--cell', '--hidden', '--layers', '--steps', '--seq-len', '--batch', '--lr', '--out', '--resume'],
  ],
  ['generate', ['--prompt', '--length', '--temperature', '--seed']],
  ['verify', ['--kernels']],
  ['inspect', ['<FILE>']],
])('%s --help names every option', async (command, options) => {
  const { code, out, err } = await cli(command, '--help');
  expect([code, err]).toEqual([0, '']);
  for (const option of options) expect(out).toContain(option);
  expect(out).toContain('Examples:');
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(110);
});

test('no command at all prints the help as an error', async () => {
  const { code, out, err } = await cli();
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('Usage: unrolled');
});
