import { defineConfig } from 'vite';
import { csp } from './vite/csp.ts';
import { found } from './vite/found.ts';
import { head } from './vite/head.ts';
import { ISOLATION } from './vite/isolation.ts';
import { offline } from './vite/offline.ts';
import { opening } from './vite/opening.ts';

// warnings that call for nothing: what readers of files share is loaded once by the page's worker
const QUIET = { pluginTimings: false, ineffectiveDynamicImport: false };

export default defineConfig({
  // relative: the page works from any folder of any server
  base: './',
  plugins: [found(), csp(), head(), offline()],
  worker: {
    format: 'es',
    plugins: () => [found(), opening()],
    // by this name the service worker leaves them out
    rolldownOptions: {
      checks: QUIET,
      output: {
        chunkFileNames: ({ moduleIds }) =>
          `assets/${moduleIds.some((id) => id.includes('@tensorflow')) ? 'tfjs-' : ''}[name]-[hash].js`,
      },
    },
  },
  build: {
    target: 'es2022',
    // files only: the policy of the page knows no data: addresses
    assetsInlineLimit: 0,
    // the peers of the benchmark are as large as that, and loaded when asked for
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { checks: QUIET },
  },
  server: { fs: { allow: ['..'] }, headers: ISOLATION },
  preview: { headers: ISOLATION },
});
