import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { cli, cliOn } from './helper.ts';

test('--help names every command, --version prints the version', async () => {
  const help = await cli('--help');
  expect([help.code, help.err]).toEqual([0, '']);
  for (const name of [
    'train',
    'generate',
    'chat',
    'forecast',
    'eval',
    'plot',
    'serve',
    'cluster',
    'verify',
    'inspect',
  ])
    expect(help.out).toContain(`  ${name} `);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const flag of ['--version', '-v']) {
    expect(await cli(flag)).toEqual({ code: 0, out: `${version}\n`, err: '' });
  }
});

test.each([
  [
    'train',
    [
      '--cell',
      '--hidden',
      '--layers',
      '--steps',
      '--seq-len',
      '--batch',
      '--lr',
      '--out',
      '--resume',
      '--sample-every',
    ],
  ],
  ['generate', ['--prompt', '--length', '--temperature', '--seed', '--top-k', '--top-p', '--beams']],
  ['chat', ['--length', '--temperature', '--seed', '--top-k', '--top-p']],
  ['eval', ['--json', '--missing']],
  ['serve', ['--port', '--host', '--sessions', '--idle', '--timeout', '--max-body']],
  ['plot', ['--csv']],
  ['verify', ['--kernels']],
  ['inspect', ['<FILE>']],
])('%s --help names every option', async (command, options) => {
  const { code, out, err } = await cli(command, '--help');
  expect([code, err]).toEqual([0, '']);
  for (const option of options) expect(out).toContain(option);
  expect(out).toContain('Examples:');
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('help names the commands, and the options of one', async () => {
  expect(await cli('help')).toEqual(await cli('--help'));
  expect(await cli('help', 'train')).toEqual(await cli('train', '--help'));
  const { code, out, err } = await cli('help', 'brew');
  expect([code, out, err]).toEqual([2, '', expect.stringMatching(/unknown command 'brew'.*--help/)]);
});

test.each([
  [80, 'unrolled'],
  [80, 'npx unrolled'],
  [60, 'unrolled'],
  [60, 'npx unrolled'],
])('no command at all says how to start, in %s columns, as %s', async (columns, program) => {
  const { code, out, err } = await cliOn({ columns, program });
  expect([code, err]).toEqual([0, '']);
  for (const name of ['train', 'generate', 'chat', 'serve', 'forecast'])
    expect(out).toContain(`  ${program} ${name} `);
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
});

test('styles are for terminals that show colours', async () => {
  const lines = async (colours?: boolean) => {
    const outputs = [new PassThrough(), new PassThrough()].map((stream) =>
      Object.assign(
        stream,
        colours === undefined ? {} : { isTTY: true, columns: 80, hasColors: () => colours },
      ),
    );
    await run(['inspect', 'missing'], { stdout: outputs[0]!, stderr: outputs[1]! });
    return String(outputs[1]!.read());
  };
  expect(await lines(true)).toContain('\x1b[31munrolled:\x1b[39m missing: ');
  expect(await lines(false)).toMatch(/^unrolled: missing: /);
  expect(await lines()).toBe(await lines(false));
});
