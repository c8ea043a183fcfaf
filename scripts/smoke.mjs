// npm run test:smoke [-- NAME…]: the packed package in throw-away projects, one for each folder of test/smoke: installed
// from the tarball, built with the project's tools, run. Every run trains the same small LSTM, and the bits of its losses
// must be those of this Node. What can't be had here is skipped, loudly. Slow ones (npm run test:smoke:next) run only when
// they are named.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { install, Skip } from '../test/smoke/lib/shell.mjs';
import { train } from '../test/smoke/lib/train.mjs';
import { pack } from './pack.mjs';
import { root } from './tools.mjs';

const folder = join(root, 'test/smoke');
const all = readdirSync(folder).filter((name) => name !== 'lib');
const SLOW = ['next'];
const names = process.argv.slice(2);
const unknown = names.filter((name) => !all.includes(name));
if (unknown.length) throw new Error(`no smoke test ${unknown.join(', ')}, but ${all.join(', ')}`);

const work = mkdtempSync(join(tmpdir(), 'unrolled-smoke-'));
const count = { passed: 0, failed: 0, skipped: 0 };
const times = [];
try {
  const tarball = pack(work);
  const expected = await train(await import(pathToFileURL(join(root, 'dist/index.js')).href));
  console.log(`losses of Node ${process.version}: …${expected.slice(-16)}`);
  for (const name of names.length ? names : all.filter((name) => !SLOW.includes(name))) {
    const {
      packages = [],
      run,
      variants = () => [{ packages }],
    } = await import(pathToFileURL(join(folder, name, 'smoke.mjs')).href);
    for (const { title = name, ...variant } of variants()) {
      await smoke(name, title, { ...variant, run }, tarball, expected);
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
for (const [title, seconds] of times) console.log(`${(seconds / 60).toFixed(1).padStart(5)} min  ${title}`);
console.log(`smoke: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed || !count.passed ? 1 : 0;

async function smoke(name, title, { packages, run, ...variant }, tarball, expected) {
  const start = performance.now();
  const project = join(work, name);
  const took = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  try {
    cpSync(join(folder, name), project, { recursive: true });
    cpSync(join(folder, 'lib/train.mjs'), join(project, 'train.mjs'));
    mkdirSync(join(project, 'node_modules'), { recursive: true });
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
    install(project, [tarball, ...packages]);
    const ran = [];
    const same = (what, bits) => {
      if (bits !== expected) throw new Error(`${what}: losses …${bits}, and …${expected} was expected`);
      ran.push(what);
    };
    await run({ project, same, note: (what) => ran.push(what), expected, ...variant });
    if (!ran.length) throw new Error('nothing was run');
    count.passed++;
    console.log(`ok    ${title}: ${ran.join(', ')} (${took()})`);
  } catch (error) {
    if (error instanceof Skip && !(process.env.CI && /Chromium/.test(error.message))) {
      count.skipped++;
      console.log(`SKIP  ${title}: ${error.message}`);
    } else {
      count.failed++;
      console.log(`FAIL  ${title} (${took()}): ${error.stack ?? error}`);
    }
  } finally {
    times.push([title, (performance.now() - start) / 1000]);
    rmSync(project, { recursive: true, force: true });
  }
}
