import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from '../scripts/bundle.mjs';

/**
 * Plugins that give a worker its script in one file, as bundlers make it: the 160 modules take three times as long.
 * test/smoke runs the script as the package has it.
 */

/** Where browsers ask for it. */
export const inBrowsers = {
  name: 'script of a worker in one file',
  async load(id: string) {
    if (!/\/dist\/worker\/host\.js(\?|$)/.test(id)) return null;
    const { code } = await bundle('src/worker/host.ts', { format: 'esm' });
    return { code, map: null };
  },
};

/** Modules that start threads of Node, the folder of their scripts, and their names. */
const STARTS: readonly (readonly [module: string, folder: string, scripts: readonly string[]])[] = [
  ['dist/worker/spawn.js', 'dist/worker', ['host.js']],
  ['test/worker/helpers.ts', 'test/worker', ['own.mjs', 'exposed.mjs']],
];

/** Where Node does: the modules that start a worker name another file. */
export const inThreads = {
  name: 'script of a thread in one file',
  enforce: 'pre' as const,
  async transform(code: string, id: string) {
    const [module, folder, scripts] = STARTS.find(([name]) => id.endsWith(`/${name}`)) ?? [];
    let text = code;
    for (const script of scripts ?? []) {
      const file = resolve('build/workers', script.replace(/\.\w+$/, '.mjs'));
      await bundle(join(folder!, script), { file });
      const before = text;
      text = text.replaceAll(`new URL('./${script}',`, `new URL('${pathToFileURL(file)}',`);
      if (text === before) throw new Error(`${module} does not start ${script}`);
    }
    return module ? { code: text, map: null } : null;
  },
};
