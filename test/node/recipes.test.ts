import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const text = readFileSync('CONTRIBUTING.md', 'utf8');
const recipes = text
  .split(/^## /m)
  .filter((part) => part.startsWith('Add '))
  .map((part) => {
    const [title = '', ...lines] = part.split('\n');
    return { title, body: lines.join('\n') };
  });

describe.each(recipes)('$title', ({ body }) => {
  test('has ten numbered steps', () => {
    const steps = [...body.matchAll(/^(\d+)\. /gm)].map((m) => Number(m[1]));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('each step has the command that checks it', () => {
    const steps = body.split(/^\d+\. /m).slice(1);
    expect(steps.filter((step) => !/`npm (run|test)/.test(step))).toEqual([]);
  });

  test('the files and folders that it names are there', () => {
    const named = [...body.matchAll(/`([\w/.-]+)`/g)].map((m) => m[1]!).filter((name) => name.includes('/'));
    const paths = named.filter((name) => /^(assembly|src|test|docs|scripts|bench)\//.test(name));
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  test('the suites that it names are there', () => {
    const suites = [...body.matchAll(/test:quick ([\w/-]+)/g)].map((m) => m[1]!);
    const there = (name: string) =>
      existsSync(`test/${name}`) ||
      existsSync(`test/${name}.test.ts`) ||
      existsSync(`test/node/${name}.test.ts`);
    expect(suites.filter((name) => !there(name))).toEqual([]);
  });
});

/** Files of an example, and the words that the added member has there. */
const EXAMPLES = {
  'Add an optimizer': /lion/i,
  'Add a loss': /\bhuber\b/i,
  'Add an activation': /\bsilu\b/i,
};

describe.each(Object.entries(EXAMPLES))('%s: its example', (title, word) => {
  const body = recipes.find((recipe) => recipe.title === title)!.body;
  const [, list = ''] = body.match(/are the example: ([^.]*(?:\.\w[^.]*)*)\.\n/) ?? [];
  const files = [...list.matchAll(/`([^`]+)`/g)].map((m) => m[1]!);

  test('has six files at most', () => {
    expect(files.length).toBeGreaterThan(3);
    expect(files.length).toBeLessThanOrEqual(6);
  });

  test.each(files)('%s has it', (file) => {
    expect(readFileSync(file, 'utf8')).toMatch(word);
  });
});
