import { beforeAll, expect, inject, test } from 'vitest';
import { init } from '../../src/index.ts';
import { hostileFiles, tryFile } from './format.ts';
import { FORMATS } from './formats.ts';

/** Fewer in a browser, whose engine is Node's. */
const MUTATIONS = inject('browser') ? 500 : 10_000;

beforeAll(async () => {
  await init({ kernels: 'simd' });
});

test.each(FORMATS.map((format) => [format.name, format] as const))(
  `%s: each rule broken, cut off at every byte, bombs, ${MUTATIONS} mutations`,
  async (_, format) => {
    let [n, refused] = [0, 0];
    for await (const { what, given, must } of hostileFiles(format, MUTATIONS)) {
      let became: string;
      try {
        became = tryFile(format, given, n++);
      } catch (error) {
        throw new Error(`${format.name}, ${what}: ${error}`, { cause: error });
      }
      if (became === 'refuse') refused++;
      if (must) expect(became, what).toBe(must);
    }
    expect(refused).toBeGreaterThan(MUTATIONS / 20);
  },
);
