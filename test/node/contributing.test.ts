import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(`${root}CONTRIBUTING.md`, 'utf8');
const sections = new Map(
  text
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);

describe('CONTRIBUTING.md', () => {
  test('files in the tables are there', () => {
    const rows = [...text.matchAll(/^\| (`[^|]*\.\w+`[^|]*) \|/gm)].map((m) => m[1]!);
    const files = rows.flatMap((row) => [...row.matchAll(/`([^`]+)`/g)].map((m) => m[1]!));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !existsSync(root + file))).toEqual([]);
  });

  test('files named in sections are there', () => {
    const files = [...text.matchAll(/`((?:assembly|src|test|scripts)\/[\w/.-]+\.\w+)`/g)].map((m) => m[1]!);
    expect(files.length).toBeGreaterThan(30);
    expect(files.filter((file) => !existsSync(root + file))).toEqual([]);
  });

  test.each([...sections].filter(([name]) => name.startsWith('Add ')))('%s: ten steps', (_, section) => {
    const steps = [...section.matchAll(/^(\d+)\. /gm)].map((m) => Number(m[1]));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('a cell: each step has a command that checks it', () => {
    const steps = sections
      .get('Add a cell')!
      .split(/^\d+\. /m)
      .slice(1);
    const unchecked = steps.flatMap((step, i) => (/`npm (?:run|test)/.test(step) ? [] : [i + 1]));
    expect(unchecked).toEqual([]);
  });
});
