import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './tools.mjs';

/** The generators of test/hostile and what else `contents` exports, bundled with an esbuild plugin as build/NAME.mjs. */
export async function generators(name, contents, plugin) {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from './format.ts'; export { FORMATS } from './formats.ts'; ${contents}`,
      resolveDir: join(root, 'test/hostile'),
    },
    ...{ bundle: true, format: 'esm', platform: 'node', packages: 'external', write: false },
    plugins: [plugin],
  });
  const file = join(root, `build/${name}.mjs`);
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(file, outputFiles[0].contents);
  return import(pathToFileURL(file).href);
}
