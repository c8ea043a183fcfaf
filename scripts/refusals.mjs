// Lists where readers refuse a file and no broken file of test/hostile makes them: node scripts/refusals.mjs [FOLDER…]. Reads them by
// src/, in which each `throw` of these folders tells that it was reached. Other tests may reach those that are listed.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generators } from './generators.mjs';
import { root } from './tools.mjs';

/** Readers of files, unless folders are given. */
const FOLDERS = process.argv.length > 2 ? process.argv.slice(2) : ['src/formats', 'src/io'];

const sites = new Map();
globalThis.reached = (site) => sites.set(site, true);

const counted = {
  name: 'counted',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/](src|test)[\\/].*\.ts$/ }, ({ path }) => {
      const name = relative(root, path).replaceAll('\\', '/');
      let contents = readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      );
      if (FOLDERS.some((folder) => name.startsWith(`${folder}/`))) contents = withSites(name, contents);
      return { contents, loader: 'ts' };
    });
  },
};

/** `throw error` becomes `throw reached(site), error`. What is caught and thrown again is no site, nor what callers did wrong. */
function withSites(name, text) {
  return text
    .split('\n')
    .map((line, i) => {
      if (/^\s*(\/\/|\/?\*)/.test(line)) return line;
      return line.replace(/\bthrow (?=new (?!Argument)\w*Error\b|\w+\()/, () => {
        const site = `${name}:${i + 1}`;
        sites.set(site, false);
        return `throw reached(${JSON.stringify(site)}), `;
      });
    })
    .join('\n');
}

const { FORMATS, init, tryFile } = await generators(
  'refusals',
  "export { init } from '../../src/index.ts';",
  counted,
);
await init({ kernels: 'simd' });
for (const format of FORMATS) {
  const broken = format.broken.map(([, given]) => given);
  for (const given of [...(await format.samples()), ...broken]) {
    try {
      tryFile(format, given, 0);
    } catch {
      // told by scripts/hostile.mjs
    }
  }
}
const missed = [...sites].filter(([, reached]) => !reached).map(([site]) => site);
for (const site of missed) {
  const [name, line] = site.split(':');
  console.log(`${site}: ${readFileSync(join(root, name), 'utf8').split('\n')[line - 1].trim()}`);
}
console.log(`${sites.size - missed.length} of ${sites.size} refusals are reached`);
process.exit(missed.length ? 1 : 0);
