import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { StreamPool } from '../../index.ts';
import { Batcher } from './batcher.ts';
import { COMMON } from './headers.ts';
import { HttpError } from './httpError.ts';
import { page } from './page.ts';
import { type Call, routesOf, type Service } from './routes.ts';
import type { Served } from './served.ts';
import { Sessions } from './sessions.ts';

/** Limits of a server. Times in ms. */
export interface Limits {
  readonly sessions: number;
  /** After which an unused session ends. */
  readonly idle: number;
  /** Most time for a request to arrive, or for a client to read; a whole number. */
  readonly timeout: number;
  /** Most bytes of a body. */
  readonly maxBody: number;
}

/** Most time that requests have to end when the server stops, in ms. */
const GRACE_MS = 5000;
/** Most bytes of the headers of a request. */
const HEADERS = 16_384;

/** A running server. */
export interface Running {
  readonly url: string;
  readonly sessions: Sessions;
  readonly batcher: Batcher;
  /** Takes no more requests, ends what is being written, and closes. */
  stop(): Promise<void>;
}

/** Starts a server. `failed`: told of errors that are the server's own. @throws if it can't listen */
export async function startServer(
  served: Served,
  { host, port }: { readonly host: string; readonly port: number },
  limits: Limits,
  failed: (error: unknown) => void,
): Promise<Running> {
  const { timeout, maxBody, idle } = limits;
  const pool = new StreamPool(served.model, { capacity: limits.sessions });
  const [batcher, sessions] = [new Batcher(pool), new Sessions(pool, idle)];
  let isStopping = false;
  const service: Service = {
    ...{ served, pool, batcher, sessions, maxBody },
    isStopping: () => isStopping,
  };
  const server = createServer({
    ...{ requestTimeout: timeout, headersTimeout: timeout, keepAliveTimeout: 5000, maxHeaderSize: HEADERS },
    connectionsCheckingInterval: Math.min(1000, Math.ceil(timeout / 2)),
    // node:http's own answer has no body
    requireHostHeader: false,
  });
  // sessions may have several connections each; more than this are closed at once
  server.maxConnections = 4 * limits.sessions + 64;
  const answers = new WeakMap<Socket, ServerResponse>();
  for (const event of ['request', 'checkExpectation'])
    server.on(event, (request, response: ServerResponse) => {
      answers.set(request.socket, response);
      response.setTimeout(timeout, () => unread(response, timeout));
      void answer(service, request, response, failed);
    });
  server.on('clientError', (error, socket) => {
    if (isAnswered(answers.get(socket as Socket))) socket.destroy();
    else refuse(error, socket as Socket, timeout);
  });
  server.on('connect', (_, socket) => close(socket as Socket, 405, timeout));
  await listening(server, host, port);
  const sweeping = setInterval(() => sessions.sweep(), Math.min(idle, 60_000) / 2);
  return {
    url: urlOf(server),
    sessions,
    batcher,
    stop: async () => {
      isStopping = true;
      clearInterval(sweeping);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      await closed;
      clearTimeout(late);
      pool.dispose();
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`;
}

async function answer(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  failed: (error: unknown) => void,
): Promise<void> {
  // a client that is gone gets no answer
  response.on('error', () => {});
  const call = { service, request, response, id: '' };
  try {
    if (service.isStopping()) throw new HttpError(503, 'the server is stopping');
    await dispatch(call);
  } catch (error) {
    const isGone = request.destroyed && !request.complete;
    const { status, message, headers } =
      error instanceof HttpError ? error : new HttpError(500, 'an error of the server');
    if (!(error instanceof HttpError) && !isGone) failed(error);
    if (response.headersSent || isGone) response.destroy();
    else send(call, status, { error: message }, headers);
  }
  if (service.isStopping()) response.once('finish', () => request.socket.destroySoon());
}

/** Closes the connection of a client that has not read for so long; where there is nothing to read, it is the server's turn. */
function unread(response: ServerResponse, timeout: number): void {
  const { socket } = response;
  if (socket?.writableLength) socket.destroy();
  else socket?.setTimeout(timeout);
}

async function dispatch(call: Call): Promise<void> {
  const { request } = call;
  checkHost(request);
  const { expect = '100-continue' } = request.headers;
  if (!/^100-continue$/i.test(expect)) throw new HttpError(417, 'expected no header Expect but 100-continue');
  const path = pathOf(request.url ?? '');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (path === '/') {
    if (method !== 'GET') throw notAllowed(['GET']);
    return send(call, 200, page.html, page.headers);
  }
  const { routes, id } = routesOf(path);
  if (routes.length === 0) throw new HttpError(404, 'no such path: see docs/guides/server.md');
  const route = routes.find((one) => one.method === method);
  if (!route) throw notAllowed(routes.map((one) => one.method));
  const result = await route.handle({ ...call, id });
  if (result) send(call, result.status, result.json);
}

/**
 * With two headers Host, a proxy and this server may differ in whom a request is for (RFC 9112, 3.2).
 * @throws {HttpError} 400 unless there is one; none in HTTP/1.0
 */
function checkHost({ rawHeaders, httpVersion }: IncomingMessage): void {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]!.length === 4 && /^host$/i.test(rawHeaders[i]!)) count++;
  if (count === 1 || (count === 0 && httpVersion === '1.0')) return;
  throw new HttpError(400, 'expected one header Host', { connection: 'close' });
}

/** The path of a target, which may have a scheme and a host before it (RFC 9112, 3.2.2). */
function pathOf(target: string): string {
  const [whole] = target.split('?', 1) as [string];
  return whole.replace(/^https?:\/\/[^/]*/i, '') || '/';
}

function notAllowed(methods: readonly string[]): HttpError {
  const allow = methods.join(', ');
  return new HttpError(405, `this path allows ${allow}`, { allow });
}

/**
 * Answers; says `connection: close` where the server stops or much of a body is left, after which node:http closes it.
 */
function send(
  { service, request, response }: Call,
  status: number,
  json?: object | string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (service.isStopping() || leavesMuch(request, service.maxBody)) response.setHeader('connection', 'close');
  if (json === undefined) return void response.writeHead(status, { ...COMMON, ...headers }).end();
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  const length = String(Buffer.byteLength(text));
  response
    .writeHead(status, {
      ...COMMON,
      'content-type': 'application/json',
      'content-length': length,
      ...headers,
    })
    .end(text);
}

/** Whether there may be more to read of a body than `most` bytes; a smaller rest is read by node:http after the answer. */
function leavesMuch({ complete, headers }: IncomingMessage, most: number): boolean {
  const isChunked = headers['transfer-encoding'] !== undefined;
  return !complete && (isChunked || Number(headers['content-length'] ?? 0) > most);
}

/** Whether the last request of a connection, which is not over, has an answer or a part of it. */
function isAnswered(last: ServerResponse | undefined): boolean {
  return last?.headersSent === true && !(last.writableEnded && last.req.complete);
}

/** Codes of errors of node:http for what is not a request of HTTP, and their status. */
const REFUSED: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what is not a valid request, or did not arrive in time, and closes the connection. */
function refuse(error: NodeJS.ErrnoException, socket: Socket, timeout: number): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  close(socket, REFUSED[error.code ?? ''] ?? 400, timeout);
}

/** Answers, and closes the connection; after `timeout` ms also where the client does not read. */
function close(socket: Socket, status: number, timeout: number): void {
  // node:http listens no more: a client that is gone is no error of the server
  socket.on('error', () => socket.destroy());
  const late = setTimeout(() => socket.destroy(), timeout);
  socket.once('close', () => clearTimeout(late));
  const text = JSON.stringify({ error: STATUS_CODES[status] });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${text.length}\r\n\r\n${text}`,
    () => socket.destroySoon(),
  );
}
