import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StreamPool } from '../../index.ts';
import type { Batcher } from './batcher.ts';
import { any, type Fields, number, readBody, text, whole } from './body.ts';
import { EventStream } from './eventStream.ts';
import { HttpError } from './httpError.ts';
import type { Served } from './served.ts';
import type { Session, Sessions } from './sessions.ts';
import { promptOf, read, settle, type WriteRequest, write } from './write.ts';

/** Maximum number of characters of a prompt, and of a text that a request has written. */
const LONGEST = 10_000;

/** What requests work on. */
export interface Service {
  readonly served: Served;
  readonly pool: StreamPool;
  readonly batcher: Batcher;
  readonly sessions: Sessions;
  /** Maximum number of bytes of a body. */
  readonly maxBody: number;
  /** Whether the server stops: what is being written ends. */
  readonly isStopping: () => boolean;
}

/** A request to a session, or to the server itself. */
export interface Call {
  readonly service: Service;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of the session in the path. */
  readonly id: string;
}

/** An answer; `handle` gives undefined if it has answered itself. */
interface Answer {
  readonly status: number;
  /** A string is JSON already. */
  readonly json?: object | string;
}

interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `:id` stands for a session's id. */
  readonly path: string;
  handle(call: Call): Promise<Answer | undefined> | Answer;
}

/** Requests besides the page. */
const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/health',
    handle: ({ service: { sessions, batcher } }) => ({
      status: 200,
      json: {
        ...{ status: 'ok', sessions: sessions.size, capacity: sessions.capacity },
        ...{ steps: batcher.steps, batches: batcher.batches },
      },
    }),
  },
  {
    method: 'GET',
    path: '/model',
    handle: ({ service }) => ({ status: 200, json: service.served.about }),
  },
  {
    method: 'POST',
    path: '/sessions',
    handle: async (call) => {
      const { seed = 1 } = await body<{ seed?: number }>(call, { seed: SEED });
      return { status: 201, json: shown(call.service.sessions.open(seed)) };
    },
  },
  {
    method: 'GET',
    path: '/sessions/:id',
    handle: ({ service, id }) => ({ status: 200, json: shown(service.sessions.get(id)) }),
  },
  {
    method: 'DELETE',
    path: '/sessions/:id',
    handle: async ({ service: { sessions }, id }) => {
      await sessions.use(id, (session) => sessions.close(session));
      return { status: 204 };
    },
  },
  {
    method: 'POST',
    path: '/sessions/:id/reset',
    handle: async (call) => {
      const { sessions } = call.service;
      await body(call, {});
      const reset = (session: Session) => {
        sessions.reset(session);
        return shown(session);
      };
      return { status: 200, json: await sessions.use(call.id, reset) };
    },
  },
  {
    method: 'POST',
    path: '/sessions/:id/step',
    handle: async (call) => {
      const { served, batcher, sessions } = call.service;
      const { input } = await body<{ input: unknown }>(call, { input: any });
      const value = served.read(input);
      const output = await sessions.use(call.id, async (session) => {
        await settle(batcher, session);
        session.steps++;
        return batcher.step(session.stream, value, (output) => {
          session.output = output.slice();
          return served.write(output);
        });
      });
      return { status: 200, json: `{"output":${output}}` };
    },
  },
  { method: 'POST', path: '/sessions/:id/generate', handle: generate },
];

const byPath = new Map<string, Route[]>();
for (const route of ROUTES) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route]);

/** The routes of a path, one per method, and the session's id in it. */
export function routesOf(path: string): { readonly routes: readonly Route[]; readonly id: string } {
  const [, id = '', rest = ''] = /^\/sessions\/([\da-f-]{36})(\/\w+)?$/.exec(path) ?? [];
  return { routes: byPath.get(id ? `/sessions/:id${rest}` : path) ?? [], id };
}

const SEED = whole(0, Number.MAX_SAFE_INTEGER);
const WRITE: Fields = {
  prompt: text(LONGEST),
  length: whole(1, LONGEST),
  temperature: number(0, 100, true),
  topK: whole(1, 1 << 20),
  topP: number(0, 1),
  seed: SEED,
};

/** Writes text: as JSON when it is whole, or as events while it is written, if the client accepts them. */
async function generate(call: Call): Promise<Answer | undefined> {
  const { service, request, response, id } = call;
  const { vocabulary } = service.served;
  if (!vocabulary) throw new HttpError(404, 'this model forecasts a table: use step');
  const asked = await body<WriteRequest>(call, WRITE);
  return service.sessions.use(id, async (session) => {
    const prompt = promptOf(asked, vocabulary, session);
    const wantsEvents = /text\/event-stream/i.test(request.headers.accept ?? '');
    const events = wantsEvents ? new EventStream(response) : undefined;
    const isOver = () => service.isStopping() || request.socket.destroyed;
    let isWhole = await read(service, session, prompt, isOver);
    let written = '';
    if (isWhole)
      for await (const index of write(service, session, asked)) {
        const character = vocabulary.characters[index]!;
        written += character;
        if (events) await events.send({ text: character });
        isWhole = !isOver();
        if (!isWhole) break;
      }
    const json = isWhole ? { text: written } : { text: written, stopped: true };
    if (!events) return { status: 200, json };
    events.end(json);
    return undefined;
  });
}

function body<T extends object>({ request, service }: Call, fields: Fields): Promise<T> {
  return readBody(request, service.maxBody, fields) as Promise<T>;
}

function shown({ id, steps }: Session): object {
  return { id, steps };
}
