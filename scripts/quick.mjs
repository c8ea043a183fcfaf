// npm run test:quick [PATTERN …]: the suites whose paths hold a pattern, in Node; without one, those that what changed
// since the last commit can touch. Builds only the binaries that they import, those that ship without optimizing.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, kernelsOf, reachedFrom, read } from './assembly.mjs';
import { buildInlined } from './build-inlined.mjs';
import { buildWasm } from './build-wasm.mjs';
import { isStale } from './dist.mjs';
import { node, root, tool } from './tools.mjs';

process.chdir(root);
const patterns = process.argv.slice(2);
const suites = filesBelow('test').filter((file) => file.endsWith('.test.ts'));
const wantsSlow = patterns.some((pattern) => pattern.includes('slow'));
const some = suites.filter((file) => wantsSlow || !file.endsWith('.slow.test.ts'));
const chosen = some.filter(
  patterns.length ? (file) => patterns.some((pattern) => file.includes(pattern)) : touchedBy(changes()),
);
if (!chosen.length) {
  console.log(
    `test:quick: no suite ${patterns.length ? `has ${patterns.join(' or ')} in its path` : 'is touched by what changed'}`,
  );
  process.exit(patterns.length ? 1 : 0);
}
await build(chosen);
process.exitCode = node(
  tool('vitest'),
  ['run', '--project', 'node*', ...chosen],
  wantsSlow ? { UNROLLED_SLOW: '1' } : {},
);

/** Files that differ from the last commit. */
function changes() {
  const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).split('\n').filter(Boolean);
  return [...git('diff', '--name-only', 'HEAD'), ...git('ls-files', '--others', '--exclude-standard')];
}

/**
 * Whether a suite loads one of the files. Of a file of assembly/: whether it is a suite of kernels that has the name of
 * the file or of its folder, or that calls a kernel which the file is part of.
 */
function touchedBy(files) {
  const kernels = kernelsOf('index').filter(({ file }) =>
    reachedFrom(file).some((part) => files.includes(part)),
  );
  const calls = new RegExp(`\\b(?:${kernels.map(({ name }) => name).join('|')})\\b`);
  const rooms = files.flatMap((file) => file.match(/^assembly\/(?:(\w+)\/)?(\w+)\.ts$/)?.slice(1) ?? []);
  return (suite) => {
    const loaded = reachedFrom(suite);
    if (loaded.some((file) => files.includes(file))) return true;
    if (!kernels.length || !suite.startsWith('test/kernels/')) return false;
    const own = loaded.filter((file) => file.startsWith('test/kernels/'));
    return (
      rooms.some((name) => name && suite.includes(`/${name}.`)) || own.some((file) => calls.test(read(file)))
    );
  };
}

/** What the suites load. Those of the program, of files and of the package by its name need all that ships. */
async function build(chosen) {
  const sources = [...new Set(chosen.flatMap(reachedFrom))].map(read).join('\n');
  if (chosen.some((file) => /^test\/(?:node|cli)\//.test(file)) || / from 'unrolled/.test(sources)) {
    await buildWasm();
    const code = isStale() ? node('scripts/build.mjs') : 0;
    if (code) process.exit(code);
    return;
  }
  const binaries = new Set(
    [...sources.matchAll(/\/generated\/((?:checked|simd|relaxed)[\w-]*)\.ts'/g)].map((m) => m[1]),
  );
  await buildWasm([...binaries], { level: 'quick' });
  const texts = ['src/worker/generated/host.ts', 'src/audio/generated/processor.ts'];
  if (!texts.every((file) => existsSync(join(root, file)))) await buildInlined();
}
