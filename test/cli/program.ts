import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { command, isStale } from '../../scripts/dist.mjs';

export interface Child {
  readonly process: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Exit code and signal. */
  readonly exit: Promise<unknown[]>;
}

type Start = (...args: (string | number)[]) => Child;

/**
 * For a file of tests: the program from the sources as they are now, which is that of dist/ where it is up to date, else
 * compiled; starts it without the flags of this process.
 */
export function program(): { start: Start; startIn: (shell: string, ...args: (string | number)[]) => Child } {
  let path = command;
  let built: string | undefined;
  beforeAll(() => {
    if (!isStale()) return;
    mkdirSync('build', { recursive: true });
    built = mkdtempSync('build/cli-');
    copyFileSync('package.json', join(built, 'package.json'));
    const require = createRequire(import.meta.url);
    const manifest = require.resolve('typescript/package.json');
    const tsc = join(dirname(manifest), require(manifest).bin.tsc);
    path = join(built, 'dist/cli/main.js');
    // types are another step's matter
    spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', join(built, 'dist')]);
    expect(existsSync(path)).toBe(true);
  });
  afterAll(() => {
    if (built) rmSync(built, { recursive: true, force: true });
  });
  const line = (args: (string | number)[]) => [process.execPath, path, ...args.map(String)];
  return {
    start: (...args) => {
      const [node, ...rest] = line(args);
      return child(node!, rest);
    },
    // `"$@"` in the shell's script is the program
    startIn: (shell, ...args) => child('/bin/sh', ['-c', shell, 'sh', ...line(args)]),
  };
}

function child(name: string, args: string[], options: SpawnOptions = {}): Child {
  // as from a shell, not as by npm
  const { npm_execpath: _, ...env } = process.env;
  const child = spawn(name, args, { ...options, env: { ...env, NODE_OPTIONS: '' } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [out, err] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (err += text));
  return { process: child, out: () => out, err: () => err, exit: once(child, 'close') };
}

/** Waits for something that the child does; fails where the child ends without it. */
export async function until(child: Child, isDone: () => boolean): Promise<void> {
  let ended: unknown[] | undefined;
  child.exit.then((exit) => (ended = exit));
  while (!isDone()) {
    // what it wrote last may be what was waited for
    if (ended && !isDone()) expect.fail(`the child ended with ${ended.join(' ')}: ${child.err()}`);
    await setTimeout(20);
  }
}

/** Waits until a training has made steps. */
export async function underway(child: Child): Promise<void> {
  await until(child, () => /\| loss \d/.test(child.err()));
}
