// npm run test:package: packs what npm would publish and checks it: the files in it, publint, are-the-types-wrong, sizes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from './pack.mjs';
import { checkSizes } from './sizes.mjs';
import { node, root, tool } from './tools.mjs';

const work = mkdtempSync(join(tmpdir(), 'unrolled-package-'));
const failures = [];
try {
  const tarball = pack(work);
  execFileSync('tar', ['-xzf', tarball, '-C', work]);
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  checkFiles(files.map((path) => path.replace(/^package\//, '')));
  run('publint', tool('publint'), [tarball, '--strict']);
  const binaries = Object.keys(manifest().exports).filter((name) => name.endsWith('.wasm'));
  run('are-the-types-wrong', tool('@arethetypeswrong/cli', 'attw'), [
    tarball,
    ...['--profile', 'esm-only', '--no-emoji', '--format', 'table-flipped'],
    ...['--exclude-entrypoints', ...binaries],
  ]);
} finally {
  rmSync(work, { recursive: true, force: true });
}
for (const line of await checkSizes()) failures.push(`size: ${line}`);

console.log(failures.length ? `test:package: ${failures.join('\n')}` : 'test:package: all is well');
process.exitCode = failures.length ? 1 : 0;

function manifest() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

function run(name, script, args) {
  console.log(`== ${name}`);
  if (node(script, args) !== 0) failures.push(`${name} found something`);
}

/** Only what users need; every module with a source map that holds its source. */
function checkFiles(files) {
  const wanted = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.*\.(js|js\.map|d\.ts|wasm))$/;
  const own = files.filter((path) => !wanted.test(path));
  if (own.length) failures.push(`in the package, and nobody needs it: ${own.join(', ')}`);
  const has = new Set(files);
  const modules = files.filter((path) => path.endsWith('.js') && !isInlined(path));
  for (const path of modules) {
    if (!has.has(`${path}.map`)) {
      failures.push(`${path} has no source map`);
      continue;
    }
    const { sources, sourcesContent } = JSON.parse(
      readFileSync(join(work, 'package', `${path}.map`), 'utf8'),
    );
    if (sources.length !== sourcesContent?.length) failures.push(`${path}.map is without its sources`);
  }
  for (const [name, target] of Object.entries(manifest().exports)) {
    for (const path of typeof target === 'string' ? [target] : Object.values(target)) {
      if (!has.has(path.slice(2))) failures.push(`exports of ${name}: no ${path}`);
    }
  }
  console.log(`${files.length} files, ${modules.length} modules`);
}

/** A binary as base64: the one kind of module without a map. */
function isInlined(path) {
  return path.startsWith('dist/wasm/generated/');
}
