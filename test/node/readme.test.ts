import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** The examples of the README, run as they stand but for where the package lies. */
const text = await readFile('README.md', 'utf8');
const examples = [...text.matchAll(/^## (.*)\n[\s\S]*?```js\n([\s\S]*?)```/gm)].map(([, title, code]) => ({
  title: title!,
  code: code!,
}));

describe('README', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'unrolled-readme-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('has an example for training, in a worker too, streaming, a layer and the kernels alone', () => {
    const titles = examples.map(({ title }) => title);
    expect(titles).toEqual([
      ...['Train', 'Train in a worker', 'Stream'],
      expect.stringMatching(/^A layer alone/),
      'The kernels alone',
    ]);
  });

  test.each(examples)('$title', async ({ title, code }) => {
    const entry = (_: string, path = '') => `'${pathToFileURL(`dist${path}/index.js`).href}'`;
    const file = join(folder, `${title.replace(/\W+/g, '-')}.mjs`);
    await writeFile(file, code.replace(/'unrolled(\/\w+)?'/g, entry));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);
    expect(stderr).toBe('');
    if (title === 'Train') expect(Number(/after (\S+)/.exec(stdout)![1])).toBeLessThan(0.5);
    if (title === 'Train in a worker') expect(stdout).toContain('Int32Array(5) [ 6, 9, 12, 15, 18 ]');
    if (title === 'The kernels alone') expect(stdout).toMatch(/^Float32Array\(4\) \[ 0\.99932/);
    if (title === 'Stream') expect(Math.abs(Number(stdout))).toBeGreaterThan(0);
    if (title.startsWith('A layer'))
      expect(stdout).toContain('[ 5, 2, 4 ] [ 2, 2, 4 ] [ 2, 2, 4 ] [ 5, 2, 3 ]');
  });
});
