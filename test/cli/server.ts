import { once } from 'node:events';
import { connect } from 'node:net';
import { loadKernels } from '../../src/cli/kernels.ts';
import { servedModel } from '../../src/cli/serve/served.ts';
import { type Limits, type Running, startServer } from '../../src/cli/serve/server.ts';

const LIMITS: Limits = { sessions: 8, idle: 600_000, timeout: 180_000, maxBody: 4096 };

/** Serves a model on a free port, with a function that makes requests and one that stops it. */
export async function served(bytes: Uint8Array, limits: Partial<Limits> = {}) {
  await loadKernels('simd');
  const errors: unknown[] = [];
  const model = servedModel('m', bytes);
  const address = { host: '127.0.0.1', port: 0 };
  const running = await startServer(model, address, { ...LIMITS, ...limits }, (error) => errors.push(error));
  return {
    running,
    errors,
    call: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      call(running, method, path, body, headers),
    stop: async () => {
      await running.stop();
      model.model.dispose();
    },
  };
}

/** Fields of answers. */
interface Fields {
  readonly id: string;
  readonly text: string;
  readonly error: string;
  readonly output: number[];
  readonly characters: string;
  readonly stopped: boolean;
  readonly sessions: number;
  readonly steps: number;
}

/** The status, and the body as text and as JSON if it is. */
async function call(
  { url }: Running,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; json: Fields; headers: Headers }> {
  const init: RequestInit = { method, headers };
  if (body !== undefined) {
    init.body =
      typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body);
    init.headers = { 'content-type': 'application/json', ...headers };
  }
  const answer = await fetch(url + path.slice(1), init);
  const text = await answer.text();
  const isJson = answer.headers.get('content-type') === 'application/json';
  const json: Fields = isJson ? JSON.parse(text) : {};
  return { status: answer.status, text, json, headers: answer.headers };
}

/** Sends bytes as they are; gives all that is answered until the connection closes. */
export async function raw({ url }: Running, ...parts: string[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answered = '';
  socket.setEncoding('latin1').on('data', (text) => (answered += text));
  socket.on('error', () => {});
  for (const part of parts) socket.write(part, 'latin1');
  await once(socket, 'close');
  return answered;
}
