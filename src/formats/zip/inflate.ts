import { Inflate } from './inflateRaw.ts';

/** Bytes to inflate at a time: at most 1032 times as many come out (https://zlib.net/zlib_tech.html). */
const CHUNK = 4096;

/** Raw deflate to exactly `size` bytes; undefined if they are more or less. @throws {Error} if it is not deflate */
export function inflate(packed: Uint8Array, size: number): Uint8Array | undefined {
  const out = new Uint8Array(size);
  let at = 0;
  const stream = new Inflate((part) => {
    if (at + part.length <= size) out.set(part, at);
    at += part.length;
  });
  for (let from = 0; from < packed.length && at <= size; from += CHUNK) {
    stream.push(packed.subarray(from, from + CHUNK), from + CHUNK >= packed.length);
  }
  return at === size ? out : undefined;
}
