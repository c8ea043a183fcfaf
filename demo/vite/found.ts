import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const root = new URL('../../', import.meta.url);
const here = fileURLToPath(new URL('../index.html', import.meta.url));

/**
 * Finds `unrolled` in the dist/ beside this folder, by the package's own exports; and what modules of bench/ import among
 * the dependencies of this folder.
 */
export function found(): Plugin {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  return {
    name: 'found',
    enforce: 'pre',
    resolveId(source, importer) {
      if (/^unrolled($|\/)/.test(source)) {
        const entry = exports[source.replace('unrolled', '.')];
        return fileURLToPath(new URL(entry.default ?? entry, root));
      }
      const ofBench = /\/bench\/[^?]*\.mjs$/.test(importer ?? '') && /^[@a-z]/.test(source);
      return ofBench ? this.resolve(source, here, { skipSelf: true }) : null;
    },
  };
}
