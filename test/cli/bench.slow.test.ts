import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { cli, widest } from './helper.ts';

const threads = Math.min(availableParallelism(), 4);

test.runIf(threads > 1)('bench: passes on several threads', { timeout: 120_000 }, async () => {
  const { code, out, err } = await cli('bench', '--only', 'threads', '--time', 1e-4);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(new RegExp(`^threads${threads}-lstm-forward T64-B32-I64-H128 .* %$`, 'm'));
  expect(out).toMatch(new RegExp(`^threads${threads}-lstm-train `, 'm'));
  expect(widest(out)).toBeLessThanOrEqual(80);
});
