import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Descriptor } from '../../src/layers/recurrent/descriptor.ts';
import { Recurrence } from '../../src/wasm/generated/structs.ts';

test('the descriptor that is written has the fields that the kernels read, in their order', () => {
  const source = readFileSync(new URL('../../assembly/configurable/recurrence.ts', import.meta.url), 'utf8');
  const body = /export class Recurrence \{([\s\S]*?)\n\}/.exec(source)![1]!;
  const code = body.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const found = code.split(';').flatMap((field) => field.match(/^\s*(\w+):/)?.[1] ?? []);
  expect(Object.keys(Recurrence)).toEqual(found);
  expect(Descriptor.words).toBe(found.length);
  expect(found.length).toBeGreaterThan(100);
});
