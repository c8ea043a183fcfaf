// node bench/serve.mjs [STEPS PER SECOND]: `unrolled serve` with an LSTM of 128 units and 200 sessions, each
// makes that many steps per second (default 10), then as many as it can, over its own connection. Percentiles of the time of a step,
// from the request to the whole answer. Server and clients have a process each. Also how long the machine stalled meanwhile, the
// percentiles of the steps during which it did not, and how long server and clients waited for a core that others had. Needs a built package.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Embedding, init, Linear, LSTM, Sequential } from '../dist/index.js';
import { now, waited, watchStalls } from './stalls.mjs';

const SESSIONS = 200;
const SECONDS = 8;
const rate = Number(process.argv[2] ?? 10);
const CHARACTERS = Array.from({ length: 64 }, (_, i) => String.fromCharCode(48 + i)).join('');

const folder = mkdtempSync(join(tmpdir(), 'unrolled-serve-'));
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
await init({ kernels: 'simd' });
const model = new Sequential([new Embedding(64, 32), new LSTM(32, 128), new Linear(128, 64)], { seed: 1 });
writeFileSync(join(folder, 'm'), model.save({ vocabulary: CHARACTERS }));
const server = spawn(process.execPath, [program, 'serve', join(folder, 'm'), '--port', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const stalls = await watchStalls();
try {
  let said = '';
  while (!said.includes('stops.')) said += (await once(server.stdout, 'data'))[0];
  const port = Number(/:(\d+)\//.exec(said)[1]);
  const clients = await Promise.all(Array.from({ length: SESSIONS }, () => client(port)));
  for (const [name, pause] of [
    [`${rate} steps per second each`, 1000 / rate],
    ['as many as they can', 0],
  ]) {
    const began = now();
    const waits = [server.pid, process.pid].map(waited);
    const all = (await Promise.all(clients.map((one, i) => steps(one, pause, i)))).flat();
    const late = stalls.during(began, now());
    const calm = all.filter(([from, to]) => stalls.during(from, to).length === 0);
    const rateOfAll = `${Math.round(all.length / SECONDS)} per second in all`;
    console.log(`${SESSIONS} sessions, ${name}: ${rateOfAll}, ${percentiles(all)}`);
    const longest = Math.max(0, ...late.map(([first, last]) => last - first)).toFixed(0);
    const share = ((100 * calm.length) / all.length).toFixed(1);
    console.log(
      `  the machine stalled ${late.length} times, ${longest} ms at most; the other ${share} % of the steps: ${percentiles(calm)}`,
    );
    const [ofServer, ofClients] = [server.pid, process.pid].map((pid, i) =>
      (waited(pid) - waits[i]).toFixed(0),
    );
    console.log(
      `  others had the core while the server was due for ${ofServer} ms, while the clients were for ${ofClients}`,
    );
  }
  for (const { socket } of clients) socket.destroy();
  server.kill('SIGTERM');
  await once(server, 'exit');
} finally {
  server.kill('SIGKILL');
  stalls.stop();
  rmSync(folder, { recursive: true });
}

function percentiles(steps) {
  const times = steps.map(([from, to]) => to - from).sort((a, b) => a - b);
  const at = (share) => `${times[Math.floor(share * (times.length - 1))]?.toFixed(1)} ms`;
  return `median ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
}

/** A connection with a session; `ask` gives the body of an answer. */
async function client(port) {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  let text = '';
  let answered;
  socket.setEncoding('latin1').on('data', (part) => {
    text += part;
    const head = text.indexOf('\r\n\r\n');
    const length = head < 0 ? 0 : Number(/content-length: (\d+)/i.exec(text)?.[1]);
    if (head < 0 || text.length < head + 4 + length) return;
    const body = text.slice(head + 4);
    text = '';
    answered(body);
  });
  const ask = (path, json) =>
    new Promise((resolve) => {
      answered = resolve;
      const body = JSON.stringify(json);
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
  const { id } = JSON.parse(await ask('/sessions', {}));
  return { socket, ask, path: `/sessions/${id}/step` };
}

/** Makes steps for some seconds, not more than one at a time; when each began and ended, in ms. */
async function steps({ ask, path }, pause, i) {
  const times = [];
  const begin = now();
  // sessions are out of step
  let due = begin + (pause * i) / SESSIONS;
  while (due < begin + 1000 * SECONDS) {
    const wait = due - now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const start = now();
    await ask(path, { input: (i + times.length) % 64 });
    times.push([start, now()]);
    due = pause === 0 ? now() : due + pause;
  }
  return times;
}
