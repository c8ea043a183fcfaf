// node bench/serve.mjs [STEPS PER SECOND]: `unrolled serve` with an LSTM of 128 units and 200 sessions, each
// makes that many steps per second (default 10), then as many as it can, over its own connection. Percentiles of the time of a step,
// from the request to the whole answer. In turns with a bare server of node:http, which parses the same requests and answers each with the
// same text: the bound. Server and clients have a process each. Also how long the machine stalled meanwhile, the
// percentiles of the steps during which it did not, and how long server and clients waited for a core that others had. Needs a built package.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Embedding, init, Linear, LSTM, Sequential } from '../dist/index.js';
import { now, waited, watchStalls } from './stalls.mjs';

const SESSIONS = 200;
/** Of each server, for each pace, and its turns. A connection may be idle for 5 s. */
const SECONDS = 8;
const TURNS = 4;
const OUTPUTS = 64;

if (process.argv[2] === 'bare') bare();
else await compare(Number(process.argv[2] ?? 10));

/** Answers each request, when its body is there, with as much text as a step of the model. */
function bare() {
  const answer = JSON.stringify({ id: 'a', output: Array(OUTPUTS).fill(0.12345678) });
  const headers = { 'content-type': 'application/json', 'content-length': answer.length };
  const server = createServer((request, response) => {
    request.on('data', (body) => JSON.parse(body));
    request.on('end', () => response.writeHead(200, headers).end(answer));
  });
  server.listen(0, '127.0.0.1', () =>
    console.log(`http://127.0.0.1:${server.address().port}/\nCtrl-C stops.`),
  );
}

async function compare(rate) {
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-serve-'));
  const stalls = await watchStalls();
  const servers = [];
  try {
    const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
    await saveModel(join(folder, 'm'));
    servers.push(await start('unrolled serve', [program, 'serve', join(folder, 'm'), '--port', '0']));
    servers.push(await start('bare node:http', [fileURLToPath(import.meta.url), 'bare']));
    for (const [name, pause] of [
      [`${rate} steps per second each`, 1000 / rate],
      ['as many as they can', 0],
    ]) {
      for (let i = 0; i < TURNS; i++) for (const server of servers) await turn(server, pause);
      for (const server of servers) report(`${SESSIONS} sessions, ${name}`, server, stalls);
    }
  } finally {
    for (const { child } of servers) child.kill('SIGKILL');
    stalls.stop();
    rmSync(folder, { recursive: true });
  }
}

async function saveModel(path) {
  await init({ kernels: 'simd' });
  const layers = [new Embedding(OUTPUTS, 32), new LSTM(32, 128), new Linear(128, OUTPUTS)];
  const characters = Array.from({ length: OUTPUTS }, (_, i) => String.fromCharCode(48 + i)).join('');
  writeFileSync(path, new Sequential(layers, { seed: 1 }).save({ vocabulary: characters }));
}

/** A server in a process of its own, and its clients. */
async function start(name, args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  while (!said.includes('stops.')) said += (await once(child.stdout, 'data'))[0];
  const port = Number(/:(\d+)\//.exec(said)[1]);
  const clients = await Promise.all(Array.from({ length: SESSIONS }, () => client(port)));
  return { name, child, clients, turns: [] };
}

/** Has the clients of a server make steps. */
async function turn({ child, clients, turns }, pause) {
  const pids = [child.pid, process.pid];
  const before = pids.map((pid) => [waited(pid), cpu(pid)]);
  const began = now();
  const steps = (await Promise.all(clients.map((one, i) => stepsOf(one, pause, i)))).flat();
  const ended = now();
  const used = pids.map((pid, i) => [waited(pid) - before[i][0], cpu(pid) - before[i][1]]);
  turns.push({ began, ended, steps, used });
}

/** Writes what the turns since the last report gave. */
function report(what, { name, turns }, stalls) {
  const all = turns.flatMap(({ steps }) => steps);
  const late = turns.flatMap(({ began, ended }) => stalls.during(began, ended));
  const calm = all.filter(([from, to]) => stalls.during(from, to).length === 0);
  console.log(`${what}, ${name}: ${Math.round(all.length / SECONDS)} per second in all, ${percentiles(all)}`);
  const longest = Math.max(0, ...late.map(([first, last]) => last - first)).toFixed(0);
  const share = ((100 * calm.length) / all.length).toFixed(1);
  console.log(
    `  the machine stalled ${late.length} times, ${longest} ms at most; the other ${share} % of the steps: ${percentiles(calm)}`,
  );
  const sum = (process, value) => turns.reduce((all, { used }) => all + used[process][value], 0);
  const perStep = (process) => `${((1000 * sum(process, 1)) / all.length).toFixed(0)} µs`;
  console.log(
    `  others had the core while the server was due for ${sum(0, 0).toFixed(0)} ms, while the clients were for ${sum(1, 0).toFixed(0)}; ` +
      `CPU per step: server ${perStep(0)}, clients ${perStep(1)}`,
  );
  turns.length = 0;
}

function percentiles(steps) {
  const times = steps.map(([from, to]) => to - from).sort((a, b) => a - b);
  const at = (share) => `${times[Math.floor(share * (times.length - 1))]?.toFixed(1)} ms`;
  return `median ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
}

/** CPU that a process has used, in ms; NaN where it is not known. */
function cpu(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
    // user and system, in hundredths of a second
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return NaN;
  }
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

/** Makes steps for one turn, not more than one at a time; when each began and ended, in ms. */
async function stepsOf({ ask, path }, pause, i) {
  const times = [];
  const begin = now();
  // sessions are out of step
  let due = begin + (pause * i) / SESSIONS;
  while (due < begin + (1000 / TURNS) * SECONDS) {
    const wait = due - now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const start = now();
    await ask(path, { input: (i + times.length) % 64 });
    times.push([start, now()]);
    due = pause === 0 ? now() : due + pause;
  }
  return times;
}
