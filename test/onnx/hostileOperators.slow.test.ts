import { beforeAll, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { mutated } from '../hostile/mutate.ts';
import { readCases } from './cases.ts';
import { tryFile } from './hostile.ts';

beforeAll(async () => {
  await init();
});

test('10,000 changed files of operators run or are refused', async () => {
  const cases = (
    await Promise.all(['contributed', 'lengths', 'loops', 'matrix', 'node'].map(readCases))
  ).flat();
  let refused = 0;
  for (let seed = 0; seed < 10_000; seed++) {
    const own = cases[seed % cases.length]!;
    // what is no error of this package is thrown
    const { what, message } = tryFile(mutated(own.model, seed), own);
    if (what === 'refused') refused++;
    expect(message.length).toBeLessThanOrEqual(400);
  }
  expect(refused).toBeGreaterThan(1000);
});
