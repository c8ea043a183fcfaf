import { beforeAll, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { readCases } from './cases.ts';
import { mutated, tryFile } from './hostile.ts';

beforeAll(async () => {
  await init();
});

test('10,000 changed files run or are refused', async () => {
  const cases = await readCases('models');
  const each = Math.ceil(10_000 / cases.length);
  let refused = 0;
  for (const own of cases) {
    for (let seed = 0; seed < each; seed++) {
      // what is no error of this package is thrown
      const { what, message } = tryFile(mutated(own.model, seed), own);
      if (what === 'refused') refused++;
      expect(message.length).toBeLessThanOrEqual(400);
    }
  }
  expect(refused).toBeGreaterThan(1000);
});
