// npm run test:package: packs what npm would publish and checks it: the files in it, their links, publint,
// are-the-types-wrong, sizes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { UNMAPPED } from './bundles.mjs';
import { deadLinks } from './links.mjs';
import { pack } from './pack.mjs';
import { checkSizes } from './sizes.mjs';
import { node, root, tool } from './tools.mjs';

const work = mkdtempSync(join(tmpdir(), 'unrolled-package-'));
const failures = [];
/** Bytes. */
const MAX_TARBALL = 3_460_000;
try {
  const tarball = pack(work);
  execFileSync('tar', ['-xzf', tarball, '-C', work]);
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const paths = files.map((path) => path.replace(/^package\//, ''));
  checkFiles(paths);
  failures.push(...deadLinks(join(work, 'package'), paths));
  checkManifest(new Set(paths));
  const { size } = statSync(tarball);
  if (size > MAX_TARBALL) failures.push(`the package has ${size} bytes, and ${MAX_TARBALL} are allowed`);
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

/** Only what users need; every module with a source map that holds its sources, or names those in the package. */
function checkFiles(files) {
  const wanted =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|docs\/.*\.md|docs\/page\.png|examples\/.*\.(md|mjs|d\.mts|py|keras|svg|html|txt)|dist\/licenses\.md|dist\/.*\.(js|js\.map|d\.ts|wasm))$/;
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
    const without = sources.filter(
      (name, i) => !sourcesContent?.[i] && !has.has(posix.join(dirname(path), name)),
    );
    if (without.length) failures.push(`${path}.map is without ${without.join(', ')}`);
  }
  console.log(`${files.length} files, ${modules.length} modules`);
}

/** Every path that package.json names is there; every entry point has its types for each kind of resolution. */
function checkManifest(has) {
  const { alias, exports, main, types, unpkg, jsdelivr, typesVersions, dependencies } = manifest();
  const named = [main, types, unpkg, jsdelivr];
  for (const [name, target] of Object.entries(exports)) {
    if (typeof target === 'string') {
      named.push(target);
      continue;
    }
    named.push(...Object.values(target));
    if (name !== '.' && alias[name] !== target.default) failures.push(`alias of ${name}: ${alias[name]}`);
    const [old] = typesVersions['*'][name.slice(2)] ?? [types];
    if (`./${old}`.replace('././', './') !== target.types) failures.push(`typesVersions of ${name}: ${old}`);
  }
  const missing = named.filter((path) => !has.has(path.replace(/^\.\//, '')));
  if (missing.length) failures.push(`package.json names what is not in the package: ${missing.join(', ')}`);
  const brought = Object.keys(dependencies).join();
  if (brought !== '@assemblyscript/loader') failures.push(`dependencies: ${brought}`);
}

/** A text in base64, or other packages: modules without a map. */
function isInlined(path) {
  return path.includes('/generated/') || UNMAPPED.includes(path.replace(/^dist\//, ''));
}
