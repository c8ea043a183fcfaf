import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { tryFile } from './format.ts';
import { FORMATS } from './formats.ts';

beforeAll(async () => {
  await init({ kernels: 'simd' });
});

describe.each(FORMATS.map((format) => [format.name, format] as const))('%s', (_, format) => {
  test('valid files are read', async () => {
    for (const [i, given] of (await format.samples()).entries()) {
      format.read(given);
      expect(tryFile(format, given, 0), `sample ${i}`).toBe('read');
    }
  });

  test.each(format.broken)('%s', (_, given, words) => {
    const refusal = { name: 'FormatError', message: expect.stringMatching(words) };
    expect(() => format.read(given)).toThrow(expect.objectContaining(refusal));
  });
});
