import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

/** Lines of an example, without imports, comments and empty lines. */
const LINES = 25;
const OTHER = ['gradient-flow'];

const run = promisify(execFile);
const folders = await readdir('examples', { withFileTypes: true });
const jobs = folders
  .filter((entry) => entry.isDirectory() && !OTHER.includes(entry.name))
  .map(({ name }) => name);
const overview = await readFile('examples/README.md', 'utf8');

/** What an example prints, and the numbers before `%`. */
async function percents(job: string): Promise<number[]> {
  const { stdout } = await run(process.execPath, [`examples/${job}/main.mjs`], { cwd: resolve('.') });
  return [...stdout.matchAll(/^([\d.]+) %/gm)].map(([, number]) => Number(number));
}

describe('examples', () => {
  test.each(jobs)(`%s has at most ${LINES} lines, and is in the overview`, async (job) => {
    const text = await readFile(`examples/${job}/main.mjs`, 'utf8');
    const lines = text.replace(/^import [^;]*;$/gm, '').split('\n');
    const code = lines.filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
    expect(code.length).toBeLessThanOrEqual(LINES);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(110);
    expect(overview).toContain(`(${job}/main.mjs)`);
  });

  test('sentiment: at least 98 % of unseen reviews are right, 57 % by counting words', async () => {
    const [model, byWords] = await percents('sentiment');
    expect(model).toBeGreaterThanOrEqual(98);
    expect(byWords).toBeLessThan(65);
  });

  test('tagger: at least 98 % of the words are right, 87 % by the most frequent tag of each word', async () => {
    const [model, byWords] = await percents('tagger');
    expect(model).toBeGreaterThanOrEqual(98);
    expect(byWords).toBeLessThan(90);
  });
});
