import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { layers } from '../every.ts';

test('docs/layers.md has a row for every layer', () => {
  const text = readFileSync(new URL('../../docs/layers.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!);
  expect(rows.filter((name) => !(name in layers))).toEqual([]);
  expect(Object.keys(layers).filter((name) => !rows.includes(name))).toEqual([]);
});
