// One throw-away project, in a process of its own: what it is comes as a message, and what became of it goes back.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, Skip } from './shell.mjs';
import { pinned } from './versions.mjs';

const lib = dirname(fileURLToPath(import.meta.url));

process.once('message', async (job) => process.send(await smoke(job)));

/** @returns `passed`, `failed` or `skipped`; says how and why */
async function smoke({ name, title, variant: { packages, ...variant }, project, tarball, expected }) {
  const start = performance.now();
  const took = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  try {
    const { run } = await import(`../${name}/smoke.mjs`);
    cpSync(join(lib, '..', name), project, { recursive: true });
    cpSync(join(lib, 'train.mjs'), join(project, 'train.mjs'));
    mkdirSync(join(project, 'node_modules'), { recursive: true });
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
    install(project, [tarball, ...packages.map(pinned)]);
    const ran = [];
    const same = (what, bits) => {
      if (bits !== expected) throw new Error(`${what}: losses …${bits}, and …${expected} was expected`);
      ran.push(what);
    };
    await run({ project, same, note: (what) => ran.push(what), expected, ...variant });
    if (!ran.length) throw new Error('nothing was run');
    console.log(`ok    ${title}: ${ran.join(', ')} (${took()})`);
    return 'passed';
  } catch (error) {
    if (error instanceof Skip && !(process.env.CI && /Chromium/.test(error.message))) {
      console.log(`SKIP  ${title}: ${error.message}`);
      return 'skipped';
    }
    console.log(`FAIL  ${title} (${took()}): ${error.stack ?? error}`);
    return 'failed';
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}
