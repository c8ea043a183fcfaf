import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseSafetensors } from '../../src/io/index.ts';
import { cli, folder, TINY, textFile } from './helper.ts';

/** The program, compiled from the sources as they are now. */
let program: string;
let built: string;

beforeAll(() => {
  mkdirSync('build', { recursive: true });
  built = mkdtempSync('build/cli-');
  copyFileSync('package.json', join(built, 'package.json'));
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('typescript/package.json');
  const tsc = join(dirname(manifest), require(manifest).bin.tsc);
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', join(built, 'dist')];
  program = join(built, 'dist/cli/main.js');
  // types are another step's matter
  spawnSync(process.execPath, args);
  expect(existsSync(program)).toBe(true);
});

afterAll(() => rmSync(built, { recursive: true, force: true }));

interface Child {
  readonly process: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly exit: Promise<unknown[]>;
}

/** Starts the program without the flags of this process. */
function start(...args: (string | number)[]): Child {
  const child = spawn(process.execPath, [program, ...args.map(String)], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return { process: child, out: () => out, err: () => err, exit: once(child, 'close') };
}

/** Waits until the training has made steps. */
async function underway(child: Child): Promise<void> {
  while (!child.out().includes('| loss')) await setTimeout(20);
  await setTimeout(150);
}

describe('a signal', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s finishes the step, saves, says where; --resume continues',
    async (signal) => {
      const path = folder();
      const book = textFile(path('t'));
      const args = [book, ...TINY, '--out', path('m')];
      const child = start('train', ...args, '--steps', 1e9);
      await underway(child);
      child.process.kill(signal);
      expect(await child.exit).toEqual([130, null]);
      expect(child.err()).toBe('');
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

  test('twice within a moment is one: npm passes on what the terminal sent already', async () => {
    const path = folder();
    const child = start('train', textFile(path('t')), ...TINY, '--out', path('m'), '--steps', 1e9);
    await underway(child);
    child.process.kill('SIGINT');
    child.process.kill('SIGINT');
    expect(await child.exit).toEqual([130, null]);
    expect(existsSync(path('m'))).toBe(true);
  });
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
  expect(child.err()).toBe('');

  const cut = start('generate', path('m'), '--length', 300_000);
  cut.process.stdout!.destroy();
  expect(await cut.exit).toEqual([0, null]);
  expect(cut.err()).toBe('');

  const missing = start('inspect', path('missing'));
  expect(await missing.exit).toEqual([1, null]);
  const usage = start('inspect');
  expect(await usage.exit).toEqual([2, null]);
});
