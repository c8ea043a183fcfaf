import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Descriptor, FIELDS } from '../../src/layers/recurrent/descriptor.ts';

test('the descriptor that is written has the fields that the kernels read, in their order', () => {
  const source = readFileSync(new URL('../../assembly/configurable/recurrence.ts', import.meta.url), 'utf8');
  const body = /export class Recurrence \{([\s\S]*?)\n\}/.exec(source)![1]!;
  const found = [...body.matchAll(/^ {2}(\w+): (\w+);/gm)].map(([, name, type]) => [
    name,
    type === 'f32' ? 'f' : 'i',
  ]);
  const types = new Set([...body.matchAll(/^ {2}\w+: (\w+);/gm)].map(([, type]) => type));
  // 4 bytes each
  expect([...types].sort()).toEqual(['f32', 'i32', 'u32', 'usize']);
  expect(found).toEqual(Object.entries(FIELDS));
  expect(found.length).toBe(Descriptor.words);
  expect(found.length).toBeGreaterThan(100);
});
