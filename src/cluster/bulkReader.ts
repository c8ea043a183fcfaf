import { connect, type Socket } from 'node:net';
import type { Redis, RedisOptions } from 'ioredis';

/** Bytes that are read at once. */
const CHUNK = 65_536;

/** Gives memory for a value of a number of bytes. */
type Place = (bytes: number) => Uint8Array;

/**
 * Reads large values into memory that is given, over a connection of its own: ioredis leaves two copies of a value as
 * garbage, which takes five times as long. Where that connection fails or can't be had (TLS, Sentinel), it is ioredis that
 * reads, and waits or throws as it does.
 */
export class BulkReader {
  readonly #redis: Redis;
  #line: Line | undefined;

  constructor(redis: Redis) {
    this.#redis = redis;
    redis.on('close', () => this.#hangUp());
  }

  /** A value in the memory that `place` gives; undefined if there is none. */
  async read(key: string, place: Place): Promise<Uint8Array | undefined> {
    const { status, options } = this.#redis;
    if (status === 'ready' && isPlain(options)) {
      this.#line ??= new Line(options, () => this.#hangUp());
      const found = await this.#line.get(key, place);
      if (found !== 'failed') return found;
    }
    const value = await this.#redis.getBuffer(key);
    if (!value) return undefined;
    const into = place(value.length);
    into.set(value);
    return into;
  }

  #hangUp(): void {
    this.#line?.end();
    this.#line = undefined;
  }
}

/** Whether all that is needed to connect is an address, a password and the number of a database. */
function isPlain({ tls, sentinels, Connector, username, password }: RedisOptions): boolean {
  const isText = [username, password].every((it) => it == null || typeof it === 'string');
  return !tls && !sentinels && !Connector && isText;
}

interface Reading {
  readonly place: Place;
  resolve(found: Uint8Array | 'failed' | undefined): void;
}

/** A connection that only asks for values. */
class Line {
  readonly #socket: Socket;
  readonly #onEnd: () => void;
  readonly #readings: Reading[] = [];
  /** Answers to what is said at first: password, database. */
  #greetings = 0;
  #isOver = false;
  /** The beginning of a line. */
  #text = '';
  /** Where the value goes that is coming, and how much of it has come, with the end of line behind it. */
  #into: Uint8Array | undefined;
  #at = 0;

  constructor({ path, host, port, family, username, password, db }: RedisOptions, onEnd: () => void) {
    this.#onEnd = onEnd;
    const onread = { buffer: Buffer.allocUnsafeSlow(CHUNK), callback: this.#take };
    const where = path == null ? { host, port: port!, family } : { path };
    this.#socket = connect({ ...where, onread } as Parameters<typeof connect>[0] & object);
    this.#socket
      .setNoDelay(true)
      .setKeepAlive(true)
      .on('error', () => {})
      .on('close', () => this.end());
    if (password) this.#greet('AUTH', ...(username ? [username] : []), password);
    if (db) this.#greet('SELECT', String(db));
  }

  get(key: string, place: Place): Promise<Uint8Array | 'failed' | undefined> {
    return new Promise((resolve) => {
      if (this.#isOver) return resolve('failed');
      this.#readings.push({ place, resolve });
      this.#say('GET', key);
    });
  }

  /** What is not read by then has failed. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    for (const { resolve } of this.#readings.splice(0)) resolve('failed');
    this.#onEnd();
  }

  #greet(...args: string[]): void {
    this.#greetings++;
    this.#say(...args);
  }

  #say(...args: string[]): void {
    const words = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
    this.#socket.write(`*${args.length}\r\n${words.join('')}`);
  }

  /** Takes what has come. The chunk is used again. */
  readonly #take = (length: number, chunk: Uint8Array): boolean => {
    try {
      for (let at = 0; at < length && !this.#isOver; )
        at += this.#into
          ? this.#takeBytes(chunk.subarray(at, length))
          : this.#takeLine(chunk.subarray(at, length));
    } catch {
      // memory that can't be had: ioredis tells it
      this.end();
    }
    return !this.#isOver;
  };

  /** Of a value and the end of line behind it. Gives the number of bytes that were taken. */
  #takeBytes(chunk: Uint8Array): number {
    const into = this.#into!;
    const count = Math.min(chunk.length, into.length + 2 - this.#at);
    if (this.#at < into.length)
      into.set(chunk.subarray(0, Math.min(count, into.length - this.#at)), this.#at);
    this.#at += count;
    if (this.#at === into.length + 2) {
      this.#into = undefined;
      this.#end(into);
    }
    return count;
  }

  #takeLine(chunk: Uint8Array): number {
    const end = chunk.indexOf(10) + 1;
    this.#text += Buffer.from(chunk.subarray(0, end || chunk.length)).toString('latin1');
    if (!end) return chunk.length;
    const [kind, value] = [this.#text[0], Number(this.#text.slice(1))];
    this.#text = '';
    if (kind === '+' && this.#greetings > 0) this.#greetings--;
    else if (kind === '$' && value === -1) this.#end(undefined);
    else if (kind === '$' && value >= 0) {
      this.#into = this.#readings[0]!.place(value);
      this.#at = 0;
    }
    // an error, which ioredis will get, too
    else this.end();
    return end;
  }

  #end(found: Uint8Array | undefined): void {
    this.#readings.shift()!.resolve(found);
  }
}
