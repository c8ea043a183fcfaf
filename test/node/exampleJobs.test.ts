import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';

/** Lines of an example, without imports, comments and empty lines. */
const LINES = 25;
const OTHER = ['gradient-flow'];

const folders = await readdir('examples', { withFileTypes: true });
const jobs = folders
  .filter((entry) => entry.isDirectory() && !OTHER.includes(entry.name))
  .map(({ name }) => name);
const overview = await readFile('examples/README.md', 'utf8');

describe('examples', () => {
  test.each(jobs)(`%s has at most ${LINES} lines, and is in the overview`, async (job) => {
    const text = await readFile(`examples/${job}/main.mjs`, 'utf8');
    const lines = text.replace(/^import [^;]*;$/gm, '').split('\n');
    const code = lines.filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
    expect(code.length).toBeLessThanOrEqual(LINES);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(110);
    expect(overview).toContain(`(${job}/main.mjs)`);
  });
});
