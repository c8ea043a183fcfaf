import { Command, type Redis } from 'ioredis';
import { readable } from './jobs.ts';
import { EXPIRY } from './keys.ts';

/** A result of a shard: what is large as it is, and all else as packed bytes. */
export interface Result {
  readonly large: Uint8Array;
  readonly rest: Uint8Array;
}

/** Bytes in front of a result: length of its large part, uint32. */
const HEAD = 4;

/** The memory of a typed array as bytes. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Bytes as float32: their own memory where that is aligned. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 ? Uint8Array.from(bytes) : bytes;
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

/** The parts of a value that a result is written as. */
export function partsOf({ large, rest }: Result): Uint8Array[] {
  return [new Uint8Array(Uint32Array.of(large.length).buffer), large, rest];
}

/** The result that a value consists of; its large part is in the memory of the value. @throws {FormatError} if it is none */
export function resultOf(value: Uint8Array): Result {
  const { buffer, byteOffset, length } = value;
  const end = HEAD + readable(() => new DataView(buffer, byteOffset, length).getUint32(0, true));
  // arrays of what is unpacked are in the memory of the bytes
  return { large: value.subarray(HEAD, end), rest: new Uint8Array(value.subarray(end)) };
}

/**
 * Writes a value in parts, which must not change before that is done.
 * @throws what Redis refuses
 */
export function setParts(redis: Redis, key: string, parts: readonly Uint8Array[]): Promise<unknown> {
  const command = new SetParts(key, parts);
  return redis.sendCommand(command) as Promise<unknown>;
}

/** SET with a value in parts. ioredis would join it with the command: a copy of megabytes, and as much garbage. */
class SetParts extends Command {
  readonly #parts: readonly Uint8Array[];

  constructor(key: string, parts: readonly Uint8Array[]) {
    super('set', [key, '', 'PX', String(EXPIRY)]);
    this.#parts = parts;
  }

  override toWritable(socket: object): string {
    const [key, , ...rest] = this.args.map(String);
    const bytes = this.#parts.reduce((sum, { length }) => sum + length, 0);
    const stream = socket as NodeJS.WritableStream & { cork(): void; uncork(): void };
    stream.cork();
    stream.write(`*5\r\n$3\r\nset\r\n${text(key!)}$${bytes}\r\n`);
    for (const part of this.#parts) if (part.length) stream.write(part);
    // ioredis writes what is returned
    process.nextTick(() => stream.uncork());
    return `\r\n${rest.map(text).join('')}`;
  }
}

function text(argument: string): string {
  return `$${Buffer.byteLength(argument)}\r\n${argument}\r\n`;
}
