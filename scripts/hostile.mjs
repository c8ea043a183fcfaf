// Reads hostile files of all formats: node scripts/hostile.mjs [FORMAT…] [--mutations 10000] [--seed 0], over the built package. The files are those of test/hostile. Prints per format the number of files, how many were refused, the longest
// time and the most memory beyond the file, and what is wrong: errors that are no FormatError, files that had to be read or
// refused and were not, more than 1 s, more than 4 times the file plus 16 MB. A file that takes too long or too much is
// read again, up to three times: what counts is the least, since other work on the machine slows calls, and V8 collects
// when it likes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { init } from '../dist/index.js';
import { usedBytes } from './countMemory.mjs';
import { generators } from './generators.mjs';
import { node, root } from './tools.mjs';

const MOST_MS = 1000;
const MOST_BYTES = 2 ** 24;
/** What V8 keeps resident for objects that are new: four times the semi-space. */
const NEW_SPACE = 2 ** 24;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { mutations: { type: 'string', default: '10000' }, seed: { type: 'string', default: '0' } },
});

// what is soon garbage is collected soon, so that it does not count
const FLAGS = ['--expose-gc', '--max-semi-space-size=4'];
if (!globalThis.gc)
  process.exit(node(FLAGS[0], [FLAGS[1], fileURLToPath(import.meta.url), ...process.argv.slice(2)]));

/** Sources of the package become those that were built; paths of fixtures stay those of the test. */
const built = {
  name: 'built',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const file = join(root, 'dist', path.replace(/^.*\/src\/(.*)\.ts$/, '$1.js'));
      return existsSync(file) ? { path: pathToFileURL(file).href, external: true } : undefined;
    });
    onLoad({ filter: /[\\/]test[\\/].*\.ts$/ }, ({ path }) => {
      const url = JSON.stringify(pathToFileURL(path).href);
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};

/** The most memory that was resident since the last call, on Linux; 0 elsewhere. */
function peak() {
  try {
    const [, kB] = /^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
    writeFileSync('/proc/self/clear_refs', '5');
    return Number(kB) * 1024;
  } catch {
    return 0;
  }
}

const { FORMATS, hostileFiles, sizeOf, tryFile } = await generators(
  'hostile',
  "export { sizeOf } from './mutate.ts';",
  built,
);
const names = FORMATS.map(({ name }) => name);
const unknown = positionals.find((name) => !names.includes(name));
if (unknown) {
  console.error(`${unknown}: expected formats among ${names.join(', ')}`);
  process.exit(2);
}
await init({ kernels: 'simd' });

/** Time and bytes of a file, and what became of it. */
function quick(format, given, n) {
  const before = usedBytes();
  const start = performance.now();
  let became;
  try {
    became = tryFile(format, given, n);
  } catch (error) {
    became = String(error?.stack ?? error).slice(0, 600);
  }
  return { became, ms: performance.now() - start, bytes: usedBytes() - before };
}

/** As quick, with the most memory that was resident on the way, which takes long to measure. */
function measure(format, given, n) {
  globalThis.gc?.();
  peak();
  const resident = process.memoryUsage().rss;
  const found = quick(format, given, n);
  return { ...found, bytes: Math.max(found.bytes, peak() - resident - NEW_SPACE) };
}

let violations = 0;
for (const format of FORMATS.filter(({ name }) => !positionals.length || positionals.includes(name))) {
  const found = [];
  let [files, refused, slowest, largest] = [0, 0, { ms: 0 }, { over: Number.NEGATIVE_INFINITY }];
  for await (const { what, given, must } of hostileFiles(
    format,
    Number(values.mutations),
    Number(values.seed),
  )) {
    const size = sizeOf(given);
    const isLarge = !/^(seed \d+|\d+ bytes|.* at \d+)$/.test(what);
    let result = (isLarge ? measure : quick)(format, given, files);
    const isOver = ({ ms, bytes }) => ms > MOST_MS || bytes > 4 * size + MOST_BYTES;
    for (let again = 0; again < 3 && isOver(result); again++) {
      const next = measure(format, given, files);
      result = { ...result, ms: Math.min(result.ms, next.ms), bytes: Math.min(result.bytes, next.bytes) };
    }
    const { became, ms, bytes } = result;
    files++;
    if (became === 'refuse') refused++;
    else if (became !== 'read') found.push(`${what}: ${became}`);
    if (must && became !== must) found.push(`${what}: expected ${must}, got ${became}`);
    if (ms > MOST_MS) found.push(`${what}: ${ms.toFixed(0)} ms`);
    if (bytes > 4 * size + MOST_BYTES)
      found.push(`${what}: ${(bytes / 1e6).toFixed(1)} MB of a file of ${size} bytes`);
    if (ms > slowest.ms) slowest = { ms, what };
    if (bytes - size > largest.over) largest = { over: bytes - size, what };
  }
  const memory = `${(largest.over / 1e6).toFixed(1)} MB beyond the file (${largest.what})`;
  console.log(
    `${format.name}: ${files} files, ${refused} refused; at most ${slowest.ms.toFixed(0)} ms (${slowest.what}), ${memory}; ${found.length} violations`,
  );
  for (const line of found.slice(0, 40)) console.log(`  ${line}`);
  violations += found.length;
}
console.log(
  violations ? `${violations} violations` : 'no violations: all within 1 s and 4 times the file plus 16 MB',
);
process.exitCode = violations ? 1 : 0;
