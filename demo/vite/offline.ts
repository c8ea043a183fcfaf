import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

/** What only a benchmark that was asked for needs: fetched then, and kept from then on. */
const LATER = /(ort|tfjs)/;

/** Writes sw.js, a service worker that keeps every file of the build. */
export function offline(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    generateBundle(_, bundle) {
      const files = Object.keys(bundle).filter((name) => !LATER.test(name));
      const source = readFileSync(new URL('sw.js', import.meta.url), 'utf8');
      const hash = createHash('sha256').update(source);
      for (const name of Object.keys(bundle)) hash.update(name);
      const page = bundle['index.html'];
      if (page?.type === 'asset') hash.update(page.source);
      this.emitFile({
        type: 'asset',
        fileName: 'sw.js',
        source: source
          .replace(
            'FILES',
            JSON.stringify(['./', ...files.filter((name) => name !== 'index.html'), 'icon.svg']),
          )
          .replace('VERSION', JSON.stringify(hash.digest('hex').slice(0, 12))),
      });
    },
  };
}
