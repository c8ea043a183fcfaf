// Sessions over node:http: GET /SESSION/NUMBER makes a step. Then 50 clients, and how well it answers.
import { createServer } from 'node:http';
import { sineModel, visits } from './clients.mjs';

const pool = (await sineModel()).streams({ capacity: 50 });
const sessions = new Map();
let [waiting, batches] = [new Map(), 0];

/** One batch of all that arrived since the last one. */
function run() {
  const outputs = pool.step(
    [...waiting.keys()],
    Array.from(waiting.values(), ({ input }) => input),
  );
  for (const [i, { response }] of [...waiting.values()].entries()) response.end(String(outputs[i]));
  waiting = new Map();
  batches++;
}

const server = createServer(({ url }, response) => {
  const [, name, input] = url.split('/');
  if (!sessions.has(name) && pool.size === pool.capacity) return response.writeHead(429).end();
  const session = sessions.get(name) ?? sessions.set(name, pool.open()).get(name);
  if (!Number.isFinite(Number(input)) || waiting.has(session)) return response.writeHead(400).end();
  if (waiting.set(session, { input: Number(input), response }).size === 1) setImmediate(run);
});
server.listen(0, '127.0.0.1', async () => {
  const error = await visits(server.address().port);
  console.log(`${sessions.size} sessions in ${batches} batches: ${error.toFixed(3)} off a sine`);
  server.close();
});
