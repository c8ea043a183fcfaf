import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { whole } from '../wholeFolders.ts';

const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).map((file) => join('test', file));
const suites = files.filter((file) => /(?<!\.slow)\.test\.ts$/.test(file));
/** Suites that run some of their cases in `npm test`, or in browsers some of the builds. */
const thinned = suites.filter((file) =>
  /from '[./]*\/thorough\.ts'|\bvariants\b.* from '.*\/sandbox\.ts'/.test(readFileSync(file, 'utf8')),
);

describe('no case is dropped', () => {
  test('some suites are thinned', () => {
    expect(thinned.length).toBeGreaterThan(10);
  });

  const isWhole = (file: string) => whole.some((folder) => file.startsWith(join('test', folder, '/')));

  test.each(thinned.filter((file) => !isWhole(file)))('%s has a slow suite, which runs all of it', (file) => {
    const slow = file.replace('.test.ts', '.slow.test.ts');
    expect(existsSync(slow), slow).toBe(true);
    expect(readFileSync(slow, 'utf8')).toContain(`import './${basename(file)}'`);
  });

  test('folders that the slow suites run in whole are there, and no slow suite there runs another again', () => {
    for (const folder of whole) expect(existsSync(join('test', folder)), folder).toBe(true);
    const twice = files.filter(
      (file) =>
        isWhole(file) &&
        file.endsWith('.slow.test.ts') &&
        /import '.*\.test\.ts'/.test(readFileSync(file, 'utf8')),
    );
    expect(twice).toEqual([]);
  });
});
