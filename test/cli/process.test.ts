import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { parseSafetensors } from '../../src/io/index.ts';
import { some, thorough } from '../thorough.ts';
import { cli, folder, TINY, textFile } from './helper.ts';
import { program, underway, until } from './program.ts';

const { start, startIn } = program();

test.each([
  ['"$@"', '  unrolled train '],
  ['npm_execpath=npx-cli.js "$@"', '  npx unrolled train '],
])('%s: commands to type next begin as this one did', async (shell, words) => {
  const child = startIn(shell);
  expect(await child.exit).toEqual([0, null]);
  expect(child.out()).toContain(words);
});

describe('a signal', () => {
  test.each(some(['SIGINT', 'SIGTERM', 'SIGHUP'] as const, 3))(
    '%s finishes the step, saves, says where; --resume continues',
    async (signal) => {
      const path = folder();
      const book = textFile(path('t'));
      const args = [book, ...TINY, '--out', path('m')];
      const child = start('train', ...args, '--steps', 1e9);
      await underway(child);
      child.process.kill(signal);
      expect(await child.exit).toEqual([130, null]);
      expect(child.err()).not.toMatch(/unrolled:|Error/);
      expect(child.out()).toMatch(/Stopped after [\d,]+ of 1,000,000,000 steps\./);
      expect(child.out()).toContain(
        `Saved ${path('m')}; continue with: unrolled train ${book} --resume ${path('m')}`,
      );
      expect(readdirSync(path('.')).sort()).toEqual(['m', 't']);

      const { step } = JSON.parse(parseSafetensors(readFileSync(path('m'))).metadata.training!);
      expect(step).toBeGreaterThan(0);
      const steps = step + 20;
      expect(await cli('train', book, '--resume', path('m'), '--steps', steps, '--length', 0)).toMatchObject({
        code: 0,
      });
      await cli('train', book, ...TINY, '--out', path('whole'), '--steps', steps);
      expect(readFileSync(path('m')).equals(readFileSync(path('whole')))).toBe(true);
    },
  );

  test.runIf(thorough)(
    'twice within a moment is one: npm passes on what the terminal sent already',
    async () => {
      const path = folder();
      const child = start('train', textFile(path('t')), ...TINY, '--out', path('m'), '--steps', 1e9);
      await underway(child);
      child.process.kill('SIGINT');
      child.process.kill('SIGINT');
      expect(await child.exit).toEqual([130, null]);
      expect(existsSync(path('m'))).toBe(true);
    },
  );
});

test('relaxed kernels run when they are asked for by name, on Node 20 too', async () => {
  const child = start('verify', 'test/fixtures/lstm-plain.safetensors', '--kernels', 'relaxed');
  expect(await child.exit).toEqual([0, null]);
  expect(child.err()).toBe('');
  expect(child.out()).toMatch(/\n1 passed, 0 failed\n$/);
});

test('prints no warning, keeps silent when its reader goes away, exits 1 and 2', async () => {
  const path = folder();
  const child = start('train', textFile(path('t')), ...TINY, '--out', path('m'), '--steps', 20);
  expect(await child.exit).toEqual([0, null]);
  expect(child.err()).toMatch(/^(.*% \d+\/20 \| loss .*\n)+\n$/);

  const cut = start('generate', path('m'), '--length', 300_000);
  cut.process.stdout!.destroy();
  expect(await cut.exit).toEqual([1, null]);
  expect(cut.err()).toBe('');

  const missing = start('inspect', path('missing'));
  expect(await missing.exit).toEqual([1, null]);
  const usage = start('inspect');
  expect(await usage.exit).toEqual([2, null]);
});

describe('a signal while a long passage is written', () => {
  test.each(some(['SIGINT', 'SIGTERM'] as const, 2))(
    '%s ends train, whose model is saved',
    async (signal) => {
      const path = folder();
      const options = [...TINY.slice(0, -2), '--out', path('m'), '--steps', 5, '--length', 30_000_000];
      const child = start('train', textFile(path('t')), ...options);
      await until(child, () => child.out().length > 5000);
      child.process.kill(signal);
      expect(await child.exit).toEqual([130, null]);
      expect(child.out()).toContain(`Saved ${path('m')}`);
      expect(existsSync(path('m'))).toBe(true);
    },
  );

  test.each(some(['SIGINT', 'SIGTERM'] as const, 2, 1))('%s ends generate', async (signal) => {
    const path = folder();
    await cli('train', textFile(path('t')), ...TINY, '--steps', 2, '--out', path('m'));
    const child = start('generate', path('m'), '--length', 30_000_000);
    await until(child, () => child.out().length > 5000);
    child.process.kill(signal);
    expect(await child.exit).toEqual([null, signal]);
    expect(child.err()).toBe('');
  });

  test.runIf(thorough)('a second one ends train at once', async () => {
    const path = folder();
    const child = start('train', textFile(path('t')), ...TINY, '--out', path('m'), '--steps', 1e9);
    await underway(child);
    child.process.kill('SIGINT');
    await setTimeout(400);
    child.process.kill('SIGINT');
    expect(await child.exit).toEqual([130, null]);
    expect(existsSync(path('m'))).toBe(true);
  });
});
