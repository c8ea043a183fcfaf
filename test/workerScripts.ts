import { bundle } from '../scripts/bundle.mjs';

/**
 * Plugin that gives a worker its script in one file where browsers ask for it, as bundlers make it: the 160 modules take
 * three times as long. test/smoke runs the script as the package has it. test/threadScripts.mjs does so for Node.
 */
export const inBrowsers = {
  name: 'script of a worker in one file',
  async load(id: string) {
    if (!/\/dist\/worker\/host\.js(\?|$)/.test(id)) return null;
    const { code } = await bundle('src/worker/host.ts', { format: 'esm' });
    return { code, map: null };
  },
};
