import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Plugin, Rolldown } from 'vite';
import { ISOLATION } from './isolation.ts';

/**
 * Of other runtimes, which only a measurement that was asked for needs: fetched then, and kept from then on. And the picture,
 * which is for others.
 */
const LATER = /^assets\/(ort|tfjs)|^page\.png$/;

const open = (name: string) => readFileSync(new URL(name, import.meta.url));

/** Writes sw.js, a service worker that keeps every file of the build, and recover.js, for pages that miss one. */
export function offline(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    transformIndexHtml: () => [{ tag: 'script', attrs: { src: './recover.js' }, injectTo: 'head' }],
    buildStart() {
      this.emitFile({ type: 'asset', fileName: 'recover.js', source: open('recover.js') });
    },
    generateBundle(_, bundle) {
      const copied = readdirSync(new URL('../public', import.meta.url));
      const source = open('sw.js').toString().replace('ISOLATION', JSON.stringify(ISOLATION));
      const hash = createHash('sha256').update(source);
      for (const name of copied) hash.update(name).update(open(`../public/${name}`));
      for (const [name, file] of Object.entries(bundle)) hash.update(name).update(contentOf(file));
      const files = [...Object.keys(bundle).filter((name) => !LATER.test(name)), ...copied];
      const kept = ['./', ...files.filter((name) => name !== 'index.html')];
      this.emitFile({
        type: 'asset',
        fileName: 'sw.js',
        source: source
          .replace('FILES', JSON.stringify(kept))
          .replace('VERSION', JSON.stringify(hash.digest('hex').slice(0, 12))),
      });
    },
  };
}

const contentOf = (file: Rolldown.OutputAsset | Rolldown.OutputChunk) =>
  file.type === 'asset' ? file.source : file.code;
