// npm run test:tfjs:upstream -- [--sources FOLDER] [--files PATTERN] [--backend unrolled|cpu|wasm] [--plain] [--no-leak-check]
// [--core]
// Runs TF.js's own tests of its layers against the packages from npm, with `install` or (--plain) without. Their sources are
// not in the packages and not in this repository: --sources names a checkout of tensorflow/tfjs (or a folder with its
// tfjs-layers/src); without it, the archive of the tested version is downloaded to a temporary folder. --core: those of
// tfjs-core's operations instead, which are in its package.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.mjs';

const VERSION = '4.22.0';
const OPERATIONS = '^(ops|gradients_test|tensor_test|variable_test|optimizers)';
const RECURRENT = '^layers/(recurrent|wrappers|convolutional_recurrent)_test';

const { values } = parseArgs({
  options: {
    sources: { type: 'string' },
    files: { type: 'string' },
    backend: { type: 'string', default: 'unrolled' },
    plain: { type: 'boolean', default: false },
    'no-leak-check': { type: 'boolean', default: false },
    core: { type: 'boolean', default: false },
  },
});

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'unrolled-tfjs-'));
try {
  const sources = values.core
    ? undefined
    : sourcesIn(values.sources ? resolve(values.sources) : await download(folder));
  const tests = sources
    ? testsIn(sources, '_test.ts', values.files ?? RECURRENT)
    : testsIn(join(root, 'node_modules/@tensorflow/tfjs-core/dist'), '_test.js', values.files ?? OPERATIONS);
  console.log(
    `${tests.length} files of tests, ${values.backend}, ${values.plain ? 'without' : 'with'} install`,
  );
  const env = boot();
  const file = await bundle({ ...values, root, folder, sources, tests, leakCheck: !values['no-leak-check'] });
  await import(pathToFileURL(file).href);
  process.exitCode = (await run(env)) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The folder tfjs-layers/src. */
function sourcesIn(given) {
  const found = [join(given, 'tfjs-layers/src'), join(given, 'src'), given].find((path) =>
    existsSync(join(path, 'layers/recurrent_test.ts')),
  );
  if (!found) throw new Error(`--sources: no tfjs-layers/src/layers/recurrent_test.ts below ${given}`);
  return found;
}

/** Downloads and unpacks the sources of the tested version. */
async function download(to) {
  const url = `https://codeload.github.com/tensorflow/tfjs/tar.gz/refs/tags/tfjs-v${VERSION}`;
  const response = await fetch(url).catch((error) => error);
  if (!response.ok) {
    throw new Error(`the sources of TF.js can't be downloaded: name a checkout with --sources FOLDER`, {
      cause: response instanceof Error ? response : new Error(`${url}: ${response.status}`),
    });
  }
  const archive = join(to, 'tfjs.tar.gz');
  writeFileSync(archive, Buffer.from(await response.arrayBuffer()));
  execFileSync('tar', [
    '-xzf',
    archive,
    '-C',
    to,
    '--strip-components=1',
    '--wildcards',
    '*/tfjs-layers/src',
  ]);
  return to;
}

/** Paths of tests below a folder that match. */
function testsIn(sources, end, pattern) {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' });
  const tests = files.filter((file) => file.endsWith(end) && new RegExp(pattern).test(file)).sort();
  if (tests.length === 0)
    throw new Error(`--files: no test of ${relative(root, sources)} matches ${pattern}`);
  return tests.map((file) => join(sources, file));
}

/** Jasmine's functions as globals: TF.js's test utilities and its tests expect them. */
function boot() {
  const jasmine = createRequire(import.meta.url)('jasmine-core').boot();
  jasmine.DEFAULT_TIMEOUT_INTERVAL = 120_000;
  return jasmine.getEnv();
}

/** Runs all tests, prints those that fail, and tells whether none does. */
async function run(env) {
  const failed = [];
  const counts = { passed: 0, failed: 0, pending: 0 };
  env.addReporter({
    specDone({ status, fullName, failedExpectations }) {
      if (status in counts) counts[status]++;
      if (status === 'failed') failed.push(`${fullName}\n    ${failedExpectations[0]?.message}`);
    },
  });
  env.configure({ random: false });
  await env.execute();
  for (const each of failed) console.log(`FAIL ${each}`);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.pending} pending`);
  return counts.failed === 0 && counts.passed > 0;
}
