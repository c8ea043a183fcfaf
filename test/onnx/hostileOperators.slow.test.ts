import { beforeAll, expect, inject, test } from 'vitest';
import { init } from '../../src/index.ts';
import { mutated } from '../hostile/mutate.ts';
import { readCases } from './cases.ts';
import { tryFile } from './hostile.ts';

beforeAll(async () => {
  await init();
});

/** Fewer in a browser, whose engine is Node's. */
const MUTATIONS = inject('browser') ? 1000 : 10_000;

test(`${MUTATIONS} changed files of operators run or are refused`, async () => {
  const cases = (
    await Promise.all(['contributed', 'lengths', 'loops', 'matrix', 'node'].map(readCases))
  ).flat();
  let refused = 0;
  for (let seed = 0; seed < MUTATIONS; seed++) {
    const own = cases[seed % cases.length]!;
    // what is no error of this package is thrown
    const { what, message } = tryFile(mutated(own.model, seed), own);
    if (what === 'refused') refused++;
    expect(message.length).toBeLessThanOrEqual(400);
  }
  expect(refused).toBeGreaterThan(MUTATIONS / 10);
});
