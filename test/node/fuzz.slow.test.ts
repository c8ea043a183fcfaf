import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const seed = process.env.FUZZ_SEED ?? '20817';
const FILES = 20_000;
/** V8 compiles and collects at the same points of every run. */
const REPEATABLE = ['--single-threaded', '--min-semi-space-size=4', '--max-semi-space-size=4'];

test(`${FILES} mutated models and checkpoints give errors of the package (FUZZ_SEED=${seed})`, () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...REPEATABLE, join(root, 'scripts/fuzz.mjs'), seed, String(FILES)],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  const last = stdout.trim().split('\n').at(-1) ?? '';
  const found = last.match(
    /^seed (\d+): (\d+) files, \d+ refused; (\d+) foreign errors, .* (\d+) beyond .* (\d+) half/,
  );
  expect(found?.slice(1).map(Number), `${stdout.slice(-4000)}${stderr}`).toEqual([
    Number(seed),
    FILES,
    0,
    0,
    0,
  ]);
}, 3_600_000);
