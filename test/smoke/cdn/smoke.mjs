// The file that CDNs give for the package's name, in a page without a bundler: one request.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { open, serve } from '../lib/page.mjs';

export async function run({ project, same }) {
  const folder = join(project, 'node_modules/unrolled');
  const { unpkg, jsdelivr } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const path of [unpkg, jsdelivr]) {
    if (path !== './dist/unrolled.min.js') throw new Error(`a CDN gives ${path}`);
  }
  const { url, stop } = await serve({ '/': project, '/unrolled/': join(folder, 'dist') });
  try {
    const [bits, requests] = await open(url);
    if (requests !== 1) throw new Error(`${requests} requests`);
    same('one file', bits);
  } finally {
    stop();
  }
}
