// What npm installs with the package, and that the program runs of it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run as exec } from '../lib/shell.mjs';

export async function run({ project, note }) {
  const folder = join(project, 'node_modules');
  const all = readdirSync(folder).filter((name) => !name.startsWith('.'));
  if (all.join() !== '@assemblyscript,unrolled') throw new Error(`installed: ${all.join(', ')}`);
  note('one dependency');
  const program = (...args) => exec('npx', ['--no-install', 'unrolled', ...args], { cwd: project });
  const version = program('--version').trim();
  if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`version: ${version}`);
  exec('npx', ['--no-install', 'unrolled', 'train', 'smoke.mjs', '--steps', '3', '--length', '5'], {
    cwd: project,
  });
  if (!program('inspect', join(project, 'model.safetensors')).includes('LSTM')) throw new Error('inspect');
  note('npx unrolled');
}
