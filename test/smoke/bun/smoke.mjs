// Bun, whose binary is in a package for each platform.
import { binary, run as exec } from '../lib/shell.mjs';

export const packages = ['bun'];

export async function run({ project, same }) {
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const exe = process.platform === 'win32' ? 'bun.exe' : 'bun';
  // its install script, where scripts run, moves the binary
  const bun = binary(project, `@oven/bun-${process.platform}-${arch}/bin/${exe}`, 'bun/bin/bun.exe');
  const version = exec(bun, ['--version']).trim();
  const [bits, worker] = exec(bun, ['main.mjs'], { cwd: project }).trim().split('\n');
  same(`Bun ${version}`, bits);
  same('worker', worker);
}
