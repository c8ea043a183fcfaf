// How long the machine itself stalled while something else was measured: a process per core sleeps a millisecond at a time, at
// the highest priority that it may have. Where it wakes late, the core did nothing of what was measured either: the host ran
// something else. Linux also says how long a process waited for a core that others had.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Lateness in ms that is a stall: longer than the scheduler makes a process of the highest priority wait. */
const LATE = 5;

/** Milliseconds by the clock that all processes of this machine share. */
export function now() {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** Starts to watch. `during(from, to)`: the stalls in that time, each with its first and last ms; call `stop` at the end. */
export async function watchStalls() {
  const found = [];
  const watchers = await Promise.all(
    Array.from({ length: availableParallelism() }, (_, core) => watcher(core, (stall) => found.push(stall))),
  );
  return {
    during: (from, to) => found.filter(([first, last]) => first < to && last > from),
    stop: () => {
      for (const one of watchers) one.kill();
    },
  };
}

async function watcher(core, tell) {
  const own = [process.execPath, fileURLToPath(import.meta.url), 'watch'];
  // pinned where that is possible
  const command = process.platform === 'linux' ? ['taskset', '-c', String(core), ...own] : own;
  const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    const lines = (text + part).split('\n');
    text = lines.pop();
    for (const line of lines) if (line !== 'ready') tell(line.split(' ').map(Number));
  });
  await once(child.stdout, 'data');
  return child;
}

/** How long the main thread of a process has waited for a core that others had, in ms; undefined where it is not known. */
export function waited(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return undefined;
  }
}

function watch() {
  try {
    setPriority(-20);
  } catch {
    // only root may
  }
  // ends with who started it
  process.stdin.on('end', () => process.exit()).resume();
  process.stdout.write('ready\n');
  let last = now();
  setInterval(() => {
    const woke = now();
    if (woke - last > 1 + LATE) process.stdout.write(`${last + 1} ${woke}\n`);
    last = woke;
  }, 1);
}

if (process.argv[2] === 'watch') watch();
