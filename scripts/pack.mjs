// What npm would publish, as a tarball.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { isStale } from './dist.mjs';
import { node, root } from './tools.mjs';

/** Builds if need be and packs into a folder; gives the path of the tarball. */
export function pack(folder) {
  if (isStale()) {
    const code = node('scripts/build.mjs');
    if (code) throw new Error('the build failed');
  }
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
  return join(folder, filename);
}
