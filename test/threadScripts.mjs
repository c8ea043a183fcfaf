// For Node's suites: the script of a thread is one file, as bundlers make it, since its 160 modules take three times as
// long. test/smoke runs the script as the package has it.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Modules that start threads of Node, and the scripts next to them that they start. */
export const STARTS = {
  'dist/worker/spawn.js': ['host.js'],
  'test/worker/helpers.ts': ['own.mjs', 'exposed.mjs'],
};

const folder = new URL('../build/workers/', import.meta.url);
const bundled = (script) => new URL(script.replace(/\.\w+$/, '.mjs'), folder);

/** The text of such a module, which starts the bundled scripts. */
export function withBundled(module, text) {
  return STARTS[module].reduce((code, script) => {
    const changed = code.replaceAll(`new URL('./${script}',`, `new URL('${bundled(script)}',`);
    if (changed === code) throw new Error(`${module} does not start ${script}`);
    return changed;
  }, text);
}

/** What decides on the bundles, besides the scripts: all of dist/, by its hash, and how they are made. */
const MAKERS = ['build/hashes/dist', 'scripts/bundle.mjs', 'package-lock.json'];

let first;

/** Before the suites of a project run, and before they run again: bundles the scripts, if dist/ or they have changed. */
export default async function setup(project) {
  await (first ??= bundleScripts());
  project.onTestsRerun(bundleScripts);
}

async function bundleScripts() {
  const { hashOf, isFresh, keep } = await import('../scripts/fresh.mjs');
  // suites that start threads need dist/
  if (!existsSync(new URL('../build/hashes/dist', import.meta.url))) return;
  const all = Object.entries(STARTS).flatMap(([module, names]) =>
    names.map((name) => ({ input: module.replace(/[^/]+$/, name), output: bundled(name) })),
  );
  const hash = hashOf([...MAKERS, ...all.map(({ input }) => input)]);
  if (all.every(({ output }) => existsSync(output)) && isFresh('workers', hash, [])) return;
  const { bundle } = await import('../scripts/bundle.mjs');
  for (const { input, output } of all) await bundle(input, { file: fileURLToPath(output) });
  keep('workers', hash);
}
