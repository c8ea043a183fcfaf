import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { joins, layers } from '../every.ts';

test('docs/layers.md has a row for every layer', () => {
  const text = readFileSync(new URL('../../docs/layers.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!);
  const all = { ...layers, ...joins };
  expect(rows.filter((name) => !(name in all))).toEqual([]);
  expect(Object.keys(all).filter((name) => !rows.includes(name))).toEqual([]);
});
