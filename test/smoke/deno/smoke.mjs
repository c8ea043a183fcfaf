// Deno, whose binary is in a package for each platform.
import { binary, run as exec } from '../lib/shell.mjs';

export const packages = ['deno'];

export async function run({ project, same, note }) {
  const exe = process.platform === 'win32' ? 'deno.exe' : 'deno';
  const libc = process.platform === 'linux' ? '-glibc' : '';
  const deno = binary(project, `@deno/${process.platform}-${process.arch}${libc}/${exe}`);
  const version = exec(deno, ['--version']).split('\n')[0];
  const args = ['run', '--allow-read', '--no-remote', '--node-modules-dir=manual', 'main.mjs'];
  const said = exec(deno, args, { cwd: project, env: { DENO_NO_UPDATE_CHECK: '1' } });
  const [bits, worker, threads] = said.trim().split('\n');
  same(version, bits);
  same('worker', worker);
  if (threads !== '2') throw new Error(`${threads} threads`);
  note('ends with threads and a worker');
}
