import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Batcher } from '../../src/cli/serve/batcher.ts';
import { EventStream } from '../../src/cli/serve/eventStream.ts';
import { serve } from '../../src/cli/serve/serve.ts';
import { thorough } from '../thorough.ts';
import { cli, folder, oneLine, TINY, textFile } from './helper.ts';
import { raw, served } from './server.ts';

const path = folder(afterAll);
const LONG = { timeout: 60_000 };
let model: Uint8Array;
let server: Awaited<ReturnType<typeof served>>;
/** With a short time for requests to arrive. */
let slow: typeof server;

beforeAll(async () => {
  await cli('train', textFile(path('t')), ...TINY, '--steps', 60, '--lr', 0.02, '--out', path('m'));
  model = readFileSync(path('m'));
  server = await served(model, { sessions: 40, timeout: 60_000 });
  slow = await served(model, { timeout: 500 });
});
afterAll(() => Promise.all([server.stop(), slow.stop()]));

const open = async (seed = 1): Promise<string> => {
  const { status, json } = await server.call('POST', '/sessions', { seed });
  expect(status).toBe(201);
  return json.id;
};

describe('sessions', () => {
  test('write what generate writes, each its own, many at once as batches', async () => {
    const texts = await Promise.all(
      [1, 2, 3].map(async (seed) => {
        const { out } = await cli('generate', path('m'), '--prompt', 'the ', '--length', 40, '--seed', seed);
        return out.slice(4, -1);
      }),
    );
    const before = { ...(await server.call('GET', '/health')).json };
    const ids = await Promise.all([1, 2, 3].map((seed) => open(seed)));
    const answers = await Promise.all(
      ids.map((id) => server.call('POST', `/sessions/${id}/generate`, { prompt: 'the ', length: 40 })),
    );
    expect(answers.map(({ json }) => json.text)).toEqual(texts);
    const after = (await server.call('GET', '/health')).json;
    expect(after.steps - before.steps).toBe(3 * 43);
    for (const id of ids) expect((await server.call('DELETE', `/sessions/${id}`)).status).toBe(204);
  });

  test('keep their state from request to request; reset starts again', async () => {
    const id = await open();
    const whole = await server.call('POST', `/sessions/${id}/generate`, { prompt: 'a ', length: 30 });
    await server.call('POST', `/sessions/${id}/reset`);
    const parts = [];
    for (const body of [{ prompt: 'a ', length: 10 }, { length: 10 }, { length: 10 }])
      parts.push((await server.call('POST', `/sessions/${id}/generate`, body)).json.text);
    expect(parts.join('')).toBe(whole.json.text);
    expect((await server.call('GET', `/sessions/${id}`)).json).toEqual({ id, steps: 32 });
    await server.call('DELETE', `/sessions/${id}`);
    expect((await server.call('GET', `/sessions/${id}`)).status).toBe(404);
  });

  test('step: an index or a character in, logits out, as a stream', async () => {
    const id = await open();
    const { json: about } = await server.call('GET', '/model');
    const { Sequential } = await import('../../src/index.ts');
    using loaded = Sequential.load(model);
    using stream = loaded.stream();
    for (const input of ['a', 3, ' ']) {
      const { json } = await server.call('POST', `/sessions/${id}/step`, { input });
      const index = typeof input === 'number' ? input : [...about.characters].indexOf(input);
      expect(Float32Array.from(json.output)).toEqual(stream.step(index).slice());
      // digits that a float32 has
      expect(JSON.stringify(json.output).length).toBeLessThan(14 * json.output.length);
    }
    await server.call('DELETE', `/sessions/${id}`);
  });

  test('what step has read goes on without a prompt, whoever steps meanwhile', async () => {
    for (const how of [{}, { topK: 5 }]) {
      const [stepped, prompted] = [await open(2), await open(2)];
      for (const input of 'the ') await server.call('POST', `/sessions/${stepped}/step`, { input });
      const whole = { ...how, prompt: 'the ', length: 20 };
      const { json: expected } = await server.call('POST', `/sessions/${prompted}/generate`, whole);
      const parts = [];
      for (const length of [5, 15])
        parts.push(
          (await server.call('POST', `/sessions/${stepped}/generate`, { ...how, length })).json.text,
        );
      expect(parts.join('')).toBe(expected.text);
      expect((await server.call('GET', `/sessions/${stepped}`)).json.steps).toBe(24);
      // a step after a text reads that first
      const outputs = [];
      for (const id of [stepped, prompted])
        outputs.push((await server.call('POST', `/sessions/${id}/step`, { input: 'a' })).json.output);
      expect(outputs[0]).toEqual(outputs[1]);
      for (const id of [stepped, prompted]) await server.call('DELETE', `/sessions/${id}`);
    }
  });

  test('GET of a session uses it', async () => {
    const one = await served(model);
    const { json } = await one.call('POST', '/sessions');
    const start = performance.now();
    const clock = vi.spyOn(performance, 'now');
    const at = (ms: number) => clock.mockReturnValue(start + ms);
    at(400_000);
    expect((await one.call('GET', `/sessions/${json.id}`)).status).toBe(200);
    const { sessions } = one.running;
    at(900_000);
    sessions.sweep();
    expect(sessions.size).toBe(1);
    at(1_000_001);
    sessions.sweep();
    expect(sessions.size).toBe(0);
    clock.mockRestore();
    await one.stop();
  });

  test('server-sent events: a character each, then all', async () => {
    const id = await open();
    const body = { prompt: 'the ', length: 12 };
    const { text, headers } = await server.call('POST', `/sessions/${id}/generate`, body, {
      accept: 'text/event-stream',
    });
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = text.trimEnd().split('\n\n');
    const characters = events
      .slice(0, -1)
      .map((event: string) => JSON.parse(event.replace(/^data: /, '')).text);
    expect(characters).toHaveLength(12);
    expect(events.at(-1)).toBe(`event: done\ndata: ${JSON.stringify({ text: characters.join('') })}`);
    await server.call('DELETE', `/sessions/${id}`);
  });

  test('one request at a time, a limit of sessions, unused ones end', async () => {
    const small = await served(model, { sessions: 2 });
    const [first, second] = [await small.call('POST', '/sessions'), await small.call('POST', '/sessions')];
    const full = await small.call('POST', '/sessions');
    expect([full.status, full.headers.get('retry-after')]).toEqual([429, '10']);
    const path = `/sessions/${first.json.id}`;
    await small.running.sessions.use(first.json.id, async () => {
      expect((await small.call('POST', `${path}/generate`, { length: 1 })).status).toBe(409);
      expect((await small.call('DELETE', path)).status).toBe(409);
    });
    expect((await small.call('POST', `${path}/generate`, { length: 1 })).status).toBe(200);
    await small.stop();
    const short = await served(model, { sessions: 2, idle: 20 });
    const { json } = await short.call('POST', '/sessions');
    await expect.poll(async () => (await short.call('GET', '/health')).json.sessions, LONG).toBe(0);
    expect((await short.call('GET', `/sessions/${json.id}`)).status).toBe(404);
    expect(second.json.id).not.toBe(first.json.id);
    await short.stop();
  });
});

test('a model of a table: rows in their own units, as forecast', async () => {
  writeFileSync(path('w.csv'), `a,b\n${Array.from({ length: 40 }, (_, i) => `${i % 7},${i}`).join('\n')}\n`);
  const args = [
    path('w.csv'),
    '--hidden',
    8,
    '--seq-len',
    8,
    '--batch',
    2,
    '--steps',
    10,
    '--kernels',
    'simd',
  ];
  await cli('train', ...args, '--out', path('w'));
  const table = await served(readFileSync(path('w')));
  expect((await table.call('GET', '/model')).json).toMatchObject({ kind: 'table', columns: ['a', 'b'] });
  const { json } = await table.call('POST', '/sessions');
  let output: number[] = [];
  for (let i = 0; i < 40; i++)
    output = (await table.call('POST', `/sessions/${json.id}/step`, { input: [i % 7, i] })).json.output;
  const { out } = await cli('forecast', path('w'), path('w.csv'), '--steps', 1);
  const row = out.split('\n')[1]!.split(',');
  expect(row.map((text) => Math.fround(Number(text)))).toEqual([41, ...output]);
  for (const input of [[1], [1, null], ['1', 2], [1, 1e300], 3, 'a', { 0: 1, 1: 2, length: 2 }]) {
    expect((await table.call('POST', `/sessions/${json.id}/step`, { input })).status).toBe(400);
  }
  expect((await table.call('POST', `/sessions/${json.id}/generate`, {})).status).toBe(404);
  await table.stop();
});

test('whoever writes without a pause, others have their turn after each batch', async () => {
  const rows = (sessions: readonly unknown[]) => new Float32Array(sessions.length);
  const batcher = new Batcher({ step: rows } as never);
  const written: number[] = [];
  const writers = Array.from({ length: 96 }, async (_, i) => {
    for (let step = 0; step < 20; step++) await batcher.step({} as never, i, () => undefined);
    written.push(i);
  });
  let turns = 0;
  const count = () => {
    turns++;
    if (written.length < 96) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(writers);
  expect([batcher.batches, batcher.steps]).toEqual([60, 1920]);
  expect(turns).toBeGreaterThanOrEqual(59);
  expect(written).toEqual(writers.map((_, i) => i));
});

describe('a body that is not read', () => {
  const chunked = '/nope HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n';
  const sized = (path: string, length = 2) =>
    `${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n{}`;
  const last = 'GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';

  test.each([
    [404, `POST ${sized('/nope')}`],
    [405, `DELETE ${sized('/model')}`],
    [200, `GET ${sized('/health')}`],
    [200, `GET ${sized('/')}`],
  ])('%d: the connection goes on', async (status, request) => {
    const answer = await raw(server.running, request, last);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*connection: keep-alive.*HTTP/1.1 200 `, 'is'));
  });

  test('of a session that ends: the connection goes on', async () => {
    const answer = await raw(server.running, `DELETE ${sized(`/sessions/${await open()}`)}`, last);
    expect(answer).toMatch(/^HTTP\/1.1 204 .*HTTP\/1.1 200 /s);
  });

  test.each([
    ['more bytes than a body may have', `POST ${sized('/nope', 99_999)}`],
    ['an unknown number of bytes', `POST ${chunked}`],
  ])('%s: the answer says that it is the last one', async (_, request) => {
    const answer = await raw(server.running, request, last);
    expect(answer).toMatch(/^HTTP\/1.1 404 .*connection: close/is);
    expect(answer).not.toContain('HTTP/1.1 200');
  });
});

test('targets with a scheme and a host, as of a proxy', async () => {
  const rest = 'HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';
  expect(await raw(server.running, `GET http://x/health?a ${rest}`)).toContain('"status":"ok"');
  expect(await raw(server.running, `GET HTTPS://x:8?a ${rest}`)).toContain('<title>unrolled serve</title>');
  expect(await raw(server.running, `GET ftp://x/health ${rest}`)).toMatch(/^HTTP\/1.1 404 /);
});

test.each([
  [400, 'GET / HTTP/1.1\r\n\r\n', 'Host'],
  [417, 'GET / HTTP/1.1\r\nhost: a\r\nexpect: foo\r\nconnection: close\r\n\r\n', 'Expect'],
])('%d tells the error as JSON, too', async (status, request, word) => {
  const answer = await raw(server.running, request);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer.toLowerCase()).toContain('content-type: application/json');
  expect(JSON.parse(answer.slice(answer.indexOf('{'))).error).toContain(word);
});

test('a request of HTTP/1.0 needs no Host, one that waits for 100 is told to go on', async () => {
  expect(await raw(server.running, 'GET /health HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
  const waiting = 'GET /health HTTP/1.1\r\nhost: a\r\nexpect: 100-Continue\r\nconnection: close\r\n\r\n';
  expect(await raw(server.running, waiting)).toMatch(/^HTTP\/1.1 100 .*HTTP\/1.1 200 /s);
});

test('the page: isolated, runs only its own script', async () => {
  const { status, text: html, headers } = await server.call('GET', '/');
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(html).toContain('<title>unrolled serve</title>');
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect((await server.call('HEAD', '/')).status).toBe(200);
});

/** Requests that are wrong, and the status of the answer; `ID` is a session. */
const BAD: readonly (readonly [
  status: number,
  method: string,
  path: string,
  body?: unknown,
  headers?: object,
])[] = [
  [404, 'GET', '/nothing'],
  [404, 'GET', '/../../etc/passwd'],
  [404, 'GET', '/sessions/ID/step/more'],
  [404, 'POST', '/sessions/00000000-0000-4000-8000-000000000000/step', { input: 1 }],
  [404, 'POST', `/sessions/${'f'.repeat(5000)}/step`, { input: 1 }],
  [405, 'POST', '/', {}],
  [405, 'PUT', '/sessions/ID', {}],
  [405, 'GET', '/sessions/ID/step'],
  [400, 'POST', '/sessions/ID/step', '{'],
  [400, 'POST', '/sessions/ID/step', ''.padEnd(3000, '[')],
  [400, 'POST', '/sessions/ID/step', 'null'],
  [400, 'POST', '/sessions/ID/step', [1]],
  [400, 'POST', '/sessions/ID/step', Uint8Array.of(0xff, 0xfe)],
  [400, 'POST', '/sessions/ID/step', {}],
  [400, 'POST', '/sessions/ID/step', { input: -1 }],
  [400, 'POST', '/sessions/ID/step', { input: 1.5 }],
  [400, 'POST', '/sessions/ID/step', { input: 'the' }],
  [400, 'POST', '/sessions/ID/step', { input: '€' }],
  [400, 'POST', '/sessions/ID/step', { input: null }],
  [400, 'POST', '/sessions/ID/step', { input: 1, more: 2 }],
  [400, 'POST', '/sessions/ID/step', '{"__proto__": 1}'],
  [400, 'POST', '/sessions/ID/generate', { prompt: '007' }],
  [400, 'POST', '/sessions/ID/generate', { prompt: 5 }],
  [400, 'POST', '/sessions/ID/generate', { length: 1e9 }],
  [400, 'POST', '/sessions/ID/generate', { length: -1 }],
  [400, 'POST', '/sessions/ID/generate', { temperature: 'hot' }],
  [400, 'POST', '/sessions/ID/generate', { topP: 2 }],
  [400, 'POST', '/sessions/ID/generate', { topK: 0 }],
  [400, 'POST', '/sessions/ID/generate', { seed: 2 ** 53 }],
  [413, 'POST', '/sessions/ID/generate', { prompt: 'a'.repeat(5000) }],
  [413, 'POST', '/sessions', 'x'.repeat(100_000)],
  [415, 'POST', '/sessions/ID/step', 'input=1', { 'content-type': 'application/x-www-form-urlencoded' }],
  [415, 'POST', '/sessions/ID/step', '{"input":1}', { 'content-type': 'text/plain' }],
  [415, 'POST', '/sessions/ID/step', '{"input":1}', { 'content-encoding': 'gzip' }],
];

/** What is not a valid request of HTTP, or does not end, and how the answer begins. */
const RAW: readonly (readonly [status: number, ...parts: string[]])[] = [
  [400, 'hello\r\n\r\n'],
  [400, '\x16\x03\x01\x02\x00\x01'],
  [400, 'GET / HTTP/1.1\r\n\r\n'],
  [400, 'GET / HTTP/1.1\r\nhost: a\r\nHost: b\r\nconnection: close\r\n\r\n'],
  [405, 'CONNECT example.org:443 HTTP/1.1\r\nhost: example.org:443\r\n\r\n'],
  [400, 'POST /sessions HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n'],
  [400, 'POST /sessions HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n'],
  [431, `GET / HTTP/1.1\r\nhost: a\r\nlong: ${'a'.repeat(20_000)}\r\n\r\n`],
  // slow: headers, then a body that does not come
  [408, 'GET / HTTP/1.1\r\nhost: a\r\n'],
  [
    408,
    'POST /sessions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{"se',
  ],
  [
    413,
    'POST /sessions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n{',
  ],
];

describe('bad requests', () => {
  const rounds = thorough ? 24 : 1;

  test(`${rounds * (BAD.length + RAW.length)} get 4xx, and no session loses its state`, async () => {
    const ids = await Promise.all([1, 2, 3].map(open));
    const wanted = await Promise.all(
      ids.map(async (id) => {
        const body = { prompt: 'the ', length: 60 };
        const { json } = await server.call('POST', `/sessions/${id}/generate`, body);
        await server.call('POST', `/sessions/${id}/reset`);
        await server.call('POST', `/sessions/${id}/generate`, { ...body, length: 20 });
        return json.text.slice(20);
      }),
    );
    for (let round = 0; round < rounds; round++) {
      const others = RAW.map(async ([status, ...parts]) => {
        const { running } = status === 408 ? slow : server;
        expect(await raw(running, ...parts), JSON.stringify(parts)).toMatch(
          new RegExp(`^HTTP/1.1 ${status} `),
        );
      });
      for (const [i, [status, method, path, body, headers]] of BAD.entries()) {
        const at = path.replace('ID', ids[(i + round) % ids.length]!);
        const answer = await server.call(method, at, body, { ...headers });
        expect([answer.status, typeof answer.json.error], `${method} ${path}`).toEqual([status, 'string']);
        expect(answer.json.error.length).toBeLessThan(400);
      }
      await Promise.all(others);
    }
    const texts = await Promise.all(
      ids.map(
        async (id) => (await server.call('POST', `/sessions/${id}/generate`, { length: 40 })).json.text,
      ),
    );
    expect(texts).toEqual(wanted);
    expect(server.errors).toEqual([]);
    for (const id of ids) await server.call('DELETE', `/sessions/${id}`);
  });

  test('a client that resets its connection instead of a request harms nobody', async () => {
    const port = Number(new URL(server.running.url).port);
    for (let i = 0; i < 20; i++) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.write('CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n', () => socket.resetAndDestroy());
      await once(socket, 'close');
    }
    expect((await server.call('GET', '/health')).status).toBe(200);
    expect(server.errors).toEqual([]);
  });

  test('a connection whose body does not come is closed after an answer: there is no second one', async () => {
    for (const body of ['', '{"se']) {
      const given = await raw(
        slow.running,
        `POST /no HTTP/1.1\r\nhost: a\r\ncontent-length: 20\r\n\r\n${body}`,
      );
      expect(given.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404']);
    }
    // one whose body comes has its turn
    const late = `POST /no HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbodyGET / HTTP/1.1\r\nhost: a\r\n`;
    expect((await raw(slow.running, late)).match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 404',
      'HTTP/1.1 408',
    ]);
  });

  test('a client that does not read is disconnected', async () => {
    const socket = connect(Number(new URL(slow.running.url).port), '127.0.0.1');
    socket.pause().on('error', () => {});
    // more than the buffers of both ends hold: what can't be written tells the end
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(300_000));
    await once(socket, 'error', { signal: AbortSignal.timeout(30_000) });
    expect((await slow.call('GET', '/health')).status).toBe(200);
    expect(slow.errors).toEqual([]);
  });

  test('one that reads, and waits longer for its answer than it may take to read, is not', async () => {
    const { json } = await slow.call('POST', '/sessions');
    const step = vi.spyOn(slow.running.batcher, 'step');
    step.mockImplementationOnce(() => new Promise((resolve) => setTimeout(() => resolve('[1]'), 1500)));
    const { status, text } = await slow.call('POST', `/sessions/${json.id}/step`, { input: 0 });
    expect([status, text]).toEqual([200, '{"output":[1]}']);
    step.mockRestore();
    await slow.call('DELETE', `/sessions/${json.id}`);
  });

  test('events end with their connection, also those that wait for another answer', async () => {
    const unread = () => new Writable({ highWaterMark: 1, write: () => {} });
    const socket = unread();
    const response = Object.assign(unread(), { writeHead: () => {}, req: { socket } });
    const events = new EventStream(response as never);
    const sent = events.send({ text: 'a' });
    socket.destroy();
    await sent;
    await events.send({ text: 'b' });
  });

  test('a client that goes away ends only its own text', async () => {
    const [gone, other] = [await open(), await open()];
    const body = JSON.stringify({ length: 10_000 });
    const socket = connect(Number(new URL(server.running.url).port), '127.0.0.1');
    socket.write(
      `POST /sessions/${gone}/generate HTTP/1.1\r\nhost: a\r\naccept: text/event-stream\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await once(socket, 'data');
    socket.destroy();
    const { json } = await server.call('POST', `/sessions/${other}/generate`, { length: 50 });
    expect(json.text).toHaveLength(50);
    // its session is free again, with the steps it made
    await expect.poll(async () => (await server.call('DELETE', `/sessions/${gone}`)).status, LONG).toBe(204);
    await server.call('DELETE', `/sessions/${other}`);
    expect(server.errors).toEqual([]);
  });
});

test('stops: ends what is being written, and closes', async () => {
  const stopping = await served(model);
  const { json } = await stopping.call('POST', '/sessions');
  const writing = stopping.call('POST', `/sessions/${json.id}/generate`, { length: 10_000 });
  await expect.poll(() => stopping.running.batcher.steps, LONG).toBeGreaterThan(5);
  await stopping.stop();
  const { status, json: answer, headers } = await writing;
  expect([status, answer.stopped, headers.get('connection')]).toEqual([200, true, 'close']);
  expect(answer.text.length).toBeGreaterThan(0);
  await expect(stopping.call('GET', '/health')).rejects.toThrow();
});

test('stops while it reads a prompt', async () => {
  const stopping = await served(model);
  const { json } = await stopping.call('POST', '/sessions');
  const body = { prompt: 'a'.repeat(3000) };
  const reading = stopping.call('POST', `/sessions/${json.id}/generate`, body);
  await expect.poll(() => stopping.running.batcher.steps, { ...LONG, interval: 1 }).toBeGreaterThan(5);
  await stopping.stop();
  expect((await reading).json).toEqual({ text: '', stopped: true });
});

test.each([1.001, 0.3335, 0.0015, 2_147_483])('serve takes a timeout of %d seconds', async (timeout) => {
  const out = new PassThrough();
  const io = { stdout: out, stderr: out };
  expect(await serve(path('m'), { port: 0, timeout }, io, Promise.resolve())).toBe(0);
});

test('serve refuses what it can not serve', async () => {
  for (const seconds of [3_000_000, 0.0004]) {
    const timeout = await cli('serve', path('m'), '--timeout', seconds);
    expect([timeout.code, oneLine(timeout)]).toEqual([2, expect.stringMatching(/--timeout.*2147483/)]);
  }

  const text = await cli('serve', path('t'));
  expect([text.code, oneLine(text)]).toEqual([1, expect.stringContaining('plain text')]);
  const port = await cli('serve', path('m'), '--port', 70_000);
  expect([port.code, oneLine(port)]).toEqual([2, expect.stringContaining('--port')]);
  const taken = await cli('serve', path('m'), '--port', new URL(server.running.url).port);
  expect([taken.code, oneLine(taken)]).toEqual([1, expect.stringMatching(/can't listen .*in use/)]);
});
