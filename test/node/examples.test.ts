import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocks, misprint } from '../smoke/lib/documents.mjs';

/**
 * The examples of the README and of the guides, in a folder where the package is installed. Blocks of `js` are run as
 * they stand: they print nothing on stderr, and on stdout, in this order, what follows `// → ` in them. Blocks of `ts`
 * need a page or another program, and are type-checked.
 */
const guides = (await readdir('docs/guides')).filter((name) => name.endsWith('.md')).sort();
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'examples/README.md'].concat(
  ...(await Promise.all(
    ['docs', 'docs/guides'].map(async (folder) =>
      (await readdir(folder)).filter((name) => name.endsWith('.md')).map((name) => join(folder, name)),
    ),
  )),
);
const documents = ['README.md', 'docs/training.md', ...guides.map((name) => join('docs/guides', name))];
/** Whose blocks of `js` are run here: only the README's. test/smoke/documents runs all of them from the tarball. */
const files = ['README.md'];

const texts = new Map(
  await Promise.all(documents.map(async (file) => [file, await readFile(file, 'utf8')] as const)),
);
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unrolled-examples-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(resolve('.'), join(folder, 'node_modules/unrolled'), 'junction');
  await symlink(resolve('node_modules/@tensorflow'), join(folder, 'node_modules/@tensorflow'), 'junction');
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;

const withExamples = files.filter((file) => blocks(texts.get(file)!, 'js').length > 0);

describe.each(withExamples)('%s', (file) => {
  test.each(blocks(texts.get(file)!, 'js'))('$title', async ({ code }) => {
    const path = join(folder, `${count++}.mjs`);
    await writeFile(path, code);
    const { stdout, stderr } = await run(process.execPath, [path], { cwd: folder });
    expect(stderr).toBe('');
    expect(misprint(code, stdout)).toBeUndefined();
  });
});

test('the blocks of ts fit the declarations', async () => {
  const scripts = documents.flatMap((file) => blocks(texts.get(file)!, 'ts'));
  expect(scripts.length).toBeGreaterThan(0);
  const names = scripts.map((_, i) => `block${i}.ts`);
  await Promise.all(
    scripts.map(({ code }, i) => writeFile(join(folder, names[i]!), `${code}\nexport {};\n`)),
  );
  const options = {
    ...{ target: 'es2022', module: 'esnext', moduleResolution: 'bundler', noEmit: true, strict: true },
    ...{ lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'], types: [], skipLibCheck: true },
  };
  const config = join(folder, 'tsconfig.json');
  await writeFile(config, JSON.stringify({ compilerOptions: options, files: names }));
  const said = await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', config]).then(
    () => '',
    ({ stdout }) => stdout as string,
  );
  expect(said).toBe('');
});

describe('the tour', () => {
  test('has an example of all that the package is for', () => {
    const titles = blocks(texts.get('docs/guides/tour.md')!, 'js').map(({ title }) => title);
    for (const part of ['Train', 'Train in a worker', 'Stream', 'Use only the kernels']) {
      expect(titles).toContain(part);
    }
    expect(titles).toContainEqual(expect.stringMatching(/^Use a single layer/));
  });
});

// the site colours a block without a language as if it were TypeScript
test.each(pages)('%s: each block says its language', async (file) => {
  const fences = (await readFile(file, 'utf8')).match(/^```.*$/gm) ?? [];
  expect(fences.filter((fence, i) => i % 2 === 0 && fence === '```')).toEqual([]);
});
