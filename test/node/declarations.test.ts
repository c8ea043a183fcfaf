import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Declarations that users can reach: those of the entry points, and what they import. */
function reachable(): Map<string, string> {
  const texts = new Map<string, string>();
  const add = (path: string) => {
    if (texts.has(path)) return;
    const text = readFileSync(path, 'utf8');
    texts.set(path, text);
    for (const [, to] of text.matchAll(/(?:from |import\()'(\.[^']*)'/g)) {
      const target = join(dirname(path), to!).replace(/\.[jt]s$/, '.d.ts');
      // modules that have no declarations are binaries
      if (existsSync(target)) add(target);
    }
  };
  for (const entry of Object.values<{ types?: string }>(exports)) if (entry.types) add(entry.types);
  return texts;
}

describe('declarations', () => {
  const texts = reachable();

  test('are those of the whole package', () => {
    expect(texts.size).toBeGreaterThan(60);
  });

  test.each([...texts])('%s: what may be left out may be undefined', (_, text) => {
    // for exactOptionalPropertyTypes; a member ends where the indentation is its own again; `unknown` is undefined too
    const members = [...text.matchAll(/^( +)(?:readonly )?[\w$]+\?: ([\s\S]*?);\n(?!\1[ }])/gm)];
    const strict = members.filter(([, , type]) => !/(\bundefined|^unknown)$/.test(type!));
    expect(strict.map(([line]) => line.trim())).toEqual([]);
  });

  test.each([...texts])('%s: nothing internal', (_, text) => {
    expect(text).not.toContain('@internal');
  });
});
