import { expect } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import type { Generator } from '../../src/index.ts';

/** Changes bytes, removes, repeats or moves parts of a file. */
export function mutated(bytes: Uint8Array, generator: Generator): Uint8Array {
  let out = Uint8Array.from(bytes);
  for (let n = 1 + generator.integer(4); n > 0; n--) {
    const at = generator.integer(Math.max(out.length, 1));
    const length = 1 + generator.integer(16);
    switch (generator.integer(6)) {
      case 0:
        out[at] = generator.integer(256);
        break;
      case 1:
        out[at] = out[at]! ^ (1 << generator.integer(8));
        break;
      case 2: // numbers that are large, negative or 0
        out.fill([0, 0xff, 0x7f, 0x80][generator.integer(4)]!, at, at + length);
        break;
      case 3:
        out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(at + length)]);
        break;
      case 4:
        out = Uint8Array.from([...out.subarray(0, at + length), ...out.subarray(at)]);
        break;
      default:
        out.copyWithin(generator.integer(Math.max(out.length, 1)), at, at + length);
    }
  }
  return out;
}

/** Reads a file that may be damaged: it is read, or a FormatError. Gives which. */
export function survives(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array, what: string): boolean {
  try {
    read(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof FormatError)) throw new Error(`${what}: ${error}`, { cause: error });
    expect(error.message.length).toBeLessThanOrEqual(400);
    expect(error.message).toMatch(/^\w+: ./);
    return false;
  }
}
