// What is bundled of what the compiler wrote into dist/: modules that one file must hold, and those that use packages
// which nobody who installs this one should get. Their licences are in dist/licenses.md.
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { deflated } from './build-wasm.mjs';
import { bundle } from './bundle.mjs';
import { command, dist } from './dist.mjs';
import { inTurns } from './everyOther.mjs';
import { root } from './tools.mjs';

/** By file in dist/: `input` in src/, and options of rolldown. */
const BUNDLES = {
  // bundlers copy it as it is, and a worklet loads no packages
  'audio/processor.js': {
    input: 'src/audio/processor.ts',
    sourcemap: true,
    options: { plugins: [compiled()] },
  },
  // for a page without a bundler
  'unrolled.min.js': {
    input: 'src/index.ts',
    sourcemap: true,
    options: { plugins: [oneThread(), bothKernels(), compiled()] },
  },
  'wasm/inflateRaw.js': { input: 'src/wasm/inflateRaw.ts' },
  'formats/zip/inflateRaw.js': { input: 'src/formats/zip/inflateRaw.ts' },
  'cli/run.js': {
    input: 'src/cli/run.ts',
    options: {
      platform: 'node',
      plugins: [oneThread()],
      external: ['@assemblyscript/loader', 'unrolled/cluster', /^node:/],
    },
  },
};

/** One file, and the program, start no threads, whose script would be another file. */
function oneThread() {
  const name = /^\.\/threads\/withThreads\.[jt]s$/;
  return {
    name: 'one thread',
    resolveId: (id) => (name.test(id) ? join(root, 'src/wasm/threads/oneThread.ts') : null),
  };
}

/** Both builds of the kernels are one text, in turns a function of each: a third less than two. */
function bothKernels() {
  const id = join(dist, 'wasm/inlinedBuild.js');
  return {
    name: 'both kernels',
    async load(of) {
      if (of !== id) return null;
      const [relaxed, simd] = ['relaxed', 'simd'].map((name) =>
        readFileSync(join(root, `build/${name}.wasm`)),
      );
      const text = (await deflated(inTurns(relaxed, simd), true)).toString('base64');
      return `import { everyOther } from './everyOther.js';
import { inflate } from './inflate.js';
export const inlinedBuild = async (kernels) => everyOther(await inflate('${text}'), kernels !== 'relaxed');`;
    },
  };
}

/** All but the entry are the modules in dist/, so that the source map names files of the package. */
function compiled() {
  const src = join(root, 'src');
  return {
    name: 'compiled',
    resolveId(id, importer) {
      const path = importer && id.endsWith('.ts') ? relative(src, resolve(dirname(importer), id)) : '..';
      return path.startsWith('..') ? null : join(dist, path.replace(/ts$/, 'js'));
    },
  };
}

/** Bundles whose source maps nobody needs: packages, and the program. */
export const UNMAPPED = Object.keys(BUNDLES).filter((file) => !BUNDLES[file].sourcemap);

/** Writes them; the other modules of the program go. */
export async function buildBundles() {
  const packages = new Map();
  for (const file of UNMAPPED) rmSync(join(dist, `${file}.map`), { force: true });
  for (const file of Object.keys(BUNDLES)) {
    for (const id of await write(file)) {
      const [, folder, name] =
        /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(id.replaceAll('\\', '/')) ?? [];
      if (folder) packages.set(name, folder);
    }
  }
  const kept = /^(main\.js|main\.js\.map|run\.js)$/;
  for (const name of readdirSync(join(dist, 'cli'))) {
    if (!kept.test(name)) rmSync(join(dist, 'cli', name), { recursive: true });
  }
  writeFileSync(join(dist, 'licenses.md'), licences(packages));
}

/** Writes only what `npm start` runs: the program, and the file that starts it, which the compiler writes otherwise. */
export async function buildProgram() {
  await write('cli/run.js');
  const beside = {
    name: 'beside',
    resolveId: (id) => (id === './run.ts' ? { id: './run.js', external: true } : null),
  };
  await bundle('src/cli/main.ts', { file: command, minify: false }, { platform: 'node', plugins: [beside] });
  chmodSync(command, 0o755);
}

/** Writes one; gives the files that are in it. */
async function write(file) {
  const { input, sourcemap = false, options } = BUNDLES[file];
  const { moduleIds } = await bundle(input, { file: join(dist, file), sourcemap }, options);
  if (sourcemap) dropPackaged(join(dist, `${file}.map`));
  return moduleIds;
}

/** The source map of a bundle repeats no text of modules that the package has. */
function dropPackaged(path) {
  const map = JSON.parse(readFileSync(path, 'utf8'));
  map.sourcesContent = map.sourcesContent.map((text, i) =>
    resolve(dirname(path), map.sources[i]).startsWith(join(dist, '/')) ? null : text,
  );
  writeFileSync(path, JSON.stringify(map));
}

/** @throws {Error} a package without a licence file */
function licences(packages) {
  const parts = [...packages].sort().map(([name, folder]) => {
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${relative(root, folder)} has no licence file`);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return `## ${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return `# Packages bundled in dist/\n\n${parts.join('\n')}`;
}
