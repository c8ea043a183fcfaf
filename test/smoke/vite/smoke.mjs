// The development servers and the builds of three majors of Vite, the newest one without configuration, the others as
// docs/guides/where-it-runs.md says; with a worker, a trainer in a worker and a model in an AudioWorklet.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileOf } from '../lib/documents.mjs';
import { open, openFolder } from '../lib/page.mjs';
import { run as exec, serving } from '../lib/shell.mjs';
import { versionsOf } from '../lib/versions.mjs';

export function variants() {
  return versionsOf('vite').map((version, i) => ({
    title: `vite ${version}`,
    packages: [`vite@${version}`],
    configured: i > 0,
  }));
}

export async function run({ project, same, note, configured }) {
  const vite = join(project, 'node_modules/vite/bin/vite.js');
  const check = (where, [page, own, worker, audio]) => {
    same(where, page);
    same(`${where}: worker`, own);
    same(`${where}: unrolled/worker`, worker);
    if (audio !== true) throw new Error(`${where}: unrolled/audio: ${audio}`);
    note(`${where}: unrolled/audio`);
  };
  if (configured) {
    const guide = readFileSync(join(project, 'node_modules/unrolled/docs/guides/where-it-runs.md'), 'utf8');
    const name = 'vite.config.js';
    writeFileSync(join(project, name), fileOf(guide, name));
  }
  exec(process.execPath, [vite, 'build'], { cwd: project });
  check('build', await openFolder(join(project, 'dist')));
  const args = (port) => [vite, '--host', '127.0.0.1', '--port', `${port}`, '--strictPort'];
  const server = await serving(process.execPath, args, { cwd: project });
  try {
    // the files of the worker and of the worklet are not where they were before the server bundled the package
    check('development server', await open(server.url, { allowed: /404/ }));
  } finally {
    server.stop();
  }
}
