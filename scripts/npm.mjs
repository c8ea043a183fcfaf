// npm, and once more where the registry, or the way to it, failed: never where npm found something wrong.
import { spawnSync } from 'node:child_process';

const LOST =
  /\b(E429|E5\d\d|ECONN\w+|ETIMEDOUT|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ERR_SOCKET_TIMEOUT|EINTEGRITY)\b|socket hang up/;

/** Runs npm; gives its standard output. @throws {Error} with all it said */
export function npm(args, { cwd } = {}) {
  const first = spawn(args, cwd);
  if (first.status === 0) return first.stdout;
  const lost = LOST.exec(first.stderr)?.[0];
  if (!lost) throw failure(args, first);
  console.error(`npm ${args[0]}: ${lost}; once more`);
  const second = spawn(args, cwd);
  if (second.status === 0) return second.stdout;
  throw failure(args, second);
}

function spawn(args, cwd) {
  const windows = process.platform === 'win32';
  const result = spawnSync('npm', args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26, shell: windows });
  if (result.error) throw result.error;
  return result;
}

function failure(args, { status, stdout, stderr }) {
  return new Error(`npm ${args.join(' ')}: exit ${status}\n${stdout}\n${stderr}`);
}
