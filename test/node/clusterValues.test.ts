import { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BulkReader } from '../../src/cluster/bulkReader.ts';
import { bytesOf, floatsOf, partsOf, resultOf, setParts } from '../../src/cluster/values.ts';
import { FormatError } from '../../src/errors.ts';
import { describeWithRedis, RedisServer } from './cluster/redis.ts';

const bytes = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 255);
const place = (length: number) => new Uint8Array(length);

describe('values in parts', () => {
  test.each([0, 4, 40])('a large part of %i bytes and the rest', (length) => {
    const result = { large: bytes(length), rest: bytes(5) };
    for (const offset of [0, 1, 4]) {
      const joined = Buffer.concat([new Uint8Array(offset), ...partsOf(result)]).subarray(offset);
      const { large, rest } = resultOf(joined);
      expect([...large]).toEqual([...result.large]);
      expect([...rest]).toEqual([...result.rest]);
      expect([...bytesOf(floatsOf(large))]).toEqual([...result.large]);
    }
  });

  test.each([0, 2])('of %i bytes is none', (length) => {
    // in memory that has a longer one
    const value = bytes(20).subarray(0, length);
    expect(() => resultOf(value)).toThrow(FormatError);
  });

  test('the rest stays when the memory of the value is used again', () => {
    const joined = Buffer.concat(partsOf({ large: bytes(8), rest: bytes(8, 3) }));
    const { rest } = resultOf(joined);
    joined.fill(0);
    expect([...rest]).toEqual([...bytes(8, 3)]);
  });
});

/** What answers each GET: bytes, in pieces as they are; undefined ends the connection. */
type Answer = readonly Uint8Array[] | undefined;

describe('BulkReader', () => {
  const servers: { server: Server; sockets: Socket[] }[] = [];
  afterEach(() => {
    for (const { server, sockets } of servers.splice(0)) {
      server.close();
      for (const socket of sockets) socket.destroy();
    }
  });

  /** A client with a server that gives the answers, and the values that ioredis would read. */
  async function client(answers: Answer[], options = {}, kept: Record<string, Buffer> = {}) {
    const heard: string[] = [];
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      let turn = Promise.resolve();
      const answer = async (data: Buffer) => {
        heard.push(String(data));
        for (const _ of String(data).matchAll(/AUTH|SELECT/g)) socket.write('+OK\r\n');
        for (const _ of String(data).matchAll(/GET\r\n/g)) {
          const pieces = answers.shift();
          if (!pieces) socket.destroy();
          for (const piece of pieces ?? []) {
            if (socket.writable) await new Promise((sent) => socket.write(piece, sent));
            // pieces that arrive one by one
            await new Promise((resolve) => setImmediate(resolve));
          }
        }
      };
      socket.on('data', (data) => {
        turn = turn.then(() => answer(data));
      });
    });
    servers.push({ server, sockets });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as { port: number };
    const asked: string[] = [];
    const redis = Object.assign(new EventEmitter(), {
      status: 'ready',
      options: { host: '127.0.0.1', port, family: 4, ...options },
      getBuffer: async (key: string) => {
        asked.push(key);
        return kept[key] ?? null;
      },
    });
    return { reader: new BulkReader(redis as unknown as Redis), redis, heard, asked };
  }

  const bulk = (value: Uint8Array) =>
    Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from('\r\n')]);
  const single = (of: Uint8Array) => Array.from(of, (_, i) => of.subarray(i, i + 1));

  test('a value in one piece, byte by byte, empty, none, and larger than a chunk', async () => {
    const large = bytes(200_000);
    const answers = [
      [bulk(bytes(20))],
      single(bulk(bytes(9))),
      [bulk(bytes(0))],
      [Buffer.from('$-1\r\n')],
      [bulk(large)],
    ];
    const { reader, asked } = await client(answers);
    expect(await reader.read('a', place)).toEqual(bytes(20));
    expect(await reader.read('a', place)).toEqual(bytes(9));
    expect(await reader.read('a', place)).toEqual(bytes(0));
    expect(await reader.read('a', place)).toBeUndefined();
    expect(Buffer.compare((await reader.read('a', place))!, large)).toBe(0);
    expect(asked).toEqual([]);
  });

  test('several at a time come in order', async () => {
    const { reader, asked } = await client([[bulk(bytes(5)), bulk(bytes(6))], [], [bulk(bytes(7))]]);
    const found = await Promise.all(['a', 'b', 'c'].map((key) => reader.read(key, place)));
    expect(found.map((it) => it!.length)).toEqual([5, 6, 7]);
    expect(asked).toEqual([]);
  });

  test('a password and the number of a database come first', async () => {
    const { reader, heard, asked } = await client([[bulk(bytes(3))]], {
      username: 'me',
      password: 'p',
      db: 2,
    });
    expect(await reader.read('k', place)).toEqual(bytes(3));
    expect(heard.join('')).toBe(
      '*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$1\r\np\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n',
    );
    expect(asked).toEqual([]);
  });

  test.each<[string, Answer]>([
    ['a connection that ends', undefined],
    ['an error', [Buffer.from('-NOAUTH Authentication required.\r\n')]],
    ['a reply of another kind', [Buffer.from(':1\r\n')]],
  ])('%s: ioredis reads', async (_, answer) => {
    const { reader, asked } = await client([answer, [bulk(bytes(4, 2))]], {}, { a: Buffer.from('kept') });
    expect(Buffer.from((await reader.read('a', place))!).toString()).toBe('kept');
    expect(asked).toEqual(['a']);
    // by another connection
    expect(await reader.read('b', place)).toEqual(bytes(4, 2));
    expect(asked).toEqual(['a']);
  });

  test('a lost connection of ioredis in the middle of a value: it reads again', async () => {
    const { reader, redis, asked } = await client(
      [[bulk(bytes(20)).subarray(0, 9)]],
      {},
      { a: Buffer.from('kept') },
    );
    const reading = reader.read('a', (length) => {
      // some of the value has come
      setImmediate(() => redis.emit('close'));
      return place(length);
    });
    expect(Buffer.from((await reading)!).toString()).toBe('kept');
    expect(asked).toEqual(['a']);
  });

  test.each([{ tls: {} }, { sentinels: [{ host: 'x' }] }])(
    'with %o, and without a connection, ioredis reads',
    async (options) => {
      const { reader, heard } = await client([], options, { a: Buffer.from('kept') });
      expect(Buffer.from((await reader.read('a', place))!).toString()).toBe('kept');
      const away = await client([], {}, { a: Buffer.from('kept') });
      away.redis.status = 'reconnecting';
      expect(Buffer.from((await away.reader.read('a', place))!).toString()).toBe('kept');
      expect(await away.reader.read('b', place)).toBeUndefined();
      expect([heard, away.heard]).toEqual([[], []]);
    },
  );
});

describeWithRedis('values in Redis', () => {
  const server = new RedisServer('--requirepass', 'secret');
  let redis: Redis;
  beforeAll(async () => {
    await server.start();
    redis = new Redis({ path: server.connection, password: 'secret', db: 3 });
  });
  afterAll(async () => {
    redis.disconnect();
    await server.dispose();
  });

  test('written in parts, of shared memory too, and read by both', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(300_000));
    shared.set(bytes(300_000));
    const parts = [bytes(4), shared, bytes(0), bytes(3)];
    await setParts(redis, 'a key: ü', parts);
    const all = Buffer.concat(parts);
    expect(Buffer.compare((await redis.getBuffer('a key: ü'))!, all)).toBe(0);
    expect(await redis.pttl('a key: ü')).toBeGreaterThan(0);
    const into = new Uint8Array(new SharedArrayBuffer(all.length));
    const found = await new BulkReader(redis).read('a key: ü', () => into);
    expect(Buffer.compare(found!, all)).toBe(0);
    await setParts(redis, 'empty', []);
    expect(await redis.getBuffer('empty')).toHaveLength(0);
  });

  test('what Redis refuses is thrown', async () => {
    await redis.config('SET', 'maxmemory', '1');
    await expect(setParts(redis, 'b', [bytes(100)])).rejects.toThrow(/OOM/);
    await redis.config('SET', 'maxmemory', '0');
    await setParts(redis, 'b', [bytes(100)]);
    expect(await redis.strlen('b')).toBe(100);
  });
});
