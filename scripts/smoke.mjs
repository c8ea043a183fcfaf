// npm run test:smoke [-- NAME…]: the packed package in throw-away projects, one for each folder of test/smoke and its
// variants, two at a time: installed from the tarball, built with the project's tools, run. Every run trains the same small
// LSTM, and the bits of its losses must be those of this Node. What can't be had here is skipped, loudly. Slow ones
// (npm run test:smoke:next) run only when they are named.
import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { train } from '../test/smoke/lib/train.mjs';
import { pack } from './pack.mjs';
import { root } from './tools.mjs';

const folder = join(root, 'test/smoke');
const all = readdirSync(folder).filter((name) => name !== 'lib');
const SLOW = ['next'];
/** As many at a time: each waits for the registry, a browser or a server most of the time, or has work for one core. */
const AT_A_TIME = 2;
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
  const jobs = [];
  for (const name of names.length ? names : all.filter((name) => !SLOW.includes(name))) {
    const smoke = await import(pathToFileURL(join(folder, name, 'smoke.mjs')).href);
    const { packages = [], variants = () => [{ packages }] } = smoke;
    for (const [i, { title = name, ...variant }] of variants().entries())
      jobs.push({ name, title, variant, project: join(work, `${name}-${i}`), tarball, expected });
  }
  const turns = jobs.values();
  await Promise.all(Array.from({ length: AT_A_TIME }, () => runAll(turns)));
} finally {
  rmSync(work, { recursive: true, force: true });
}
for (const [title, seconds] of times) console.log(`${(seconds / 60).toFixed(1).padStart(5)} min  ${title}`);
console.log(`smoke: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed || !count.passed ? 1 : 0;

/** Jobs one after the other, each in a process of its own. */
async function runAll(jobs) {
  for (const job of jobs) {
    const start = performance.now();
    const child = fork(join(folder, 'lib/job.mjs'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.send(job);
    const outcome = await new Promise((resolve) => {
      child.once('message', resolve);
      child.once('exit', () => resolve('failed'));
    });
    child.kill();
    count[outcome]++;
    times.push([job.title, (performance.now() - start) / 1000]);
  }
}
