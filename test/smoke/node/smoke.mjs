// Node 20, 22, 24 and 26, by import and by require, and the command.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run as exec, install, lastLine } from '../lib/shell.mjs';

const MAJORS = [20, 22, 24, 26];

export async function run({ project, same, note }) {
  for (const major of MAJORS) {
    const node = nodeOf(major, project);
    const version = exec(node, ['--version']).trim();
    if (!version.startsWith(`v${major}.`)) throw new Error(`Node ${major} is ${version}`);
    same(`${version} import`, lastLine(exec(node, ['import.mjs'], { cwd: project })));
    same('require', lastLine(exec(node, ['--no-warnings', 'require.cjs'], { cwd: project })));
    const command = join(project, 'node_modules/unrolled/dist/cli/main.js');
    if (!/simd|relaxed/.test(exec(node, [command, 'info'], { cwd: project })))
      throw new Error('unrolled info');
  }
  note('unrolled info');
}

function nodeOf(major, project) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const folder = join(project, `node${major}`);
  mkdirSync(folder);
  install(folder, [`node@${major}`]);
  return join(folder, 'node_modules/node/bin/node');
}
