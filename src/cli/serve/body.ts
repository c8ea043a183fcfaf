import type { IncomingMessage } from 'node:http';
import { HttpError } from './httpError.ts';

/** Checks of the fields of a body by name: the value if it is valid, else what was expected. */
export type Fields = Readonly<Record<string, Field>>;

interface Field {
  readonly expected: string;
  readonly isValid: (value: unknown) => boolean;
}

/** An integer in min..max. */
export function whole(min: number, max: number): Field {
  return {
    expected: `a whole number in ${min}..${max}`,
    isValid: (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
  };
}

/** A number above `above` (or equal, with `orEqual`) and at most `max`. */
export function number(above: number, max: number, orEqual = false): Field {
  return {
    expected: `a number ${orEqual ? 'of at least' : 'above'} ${above} and at most ${max}`,
    isValid: (value) =>
      typeof value === 'number' && (orEqual ? value >= above : value > above) && value <= max,
  };
}

/** A text of a limited number of UTF-16 units. */
export function text(most: number): Field {
  return {
    expected: `a text of at most ${most} characters`,
    isValid: (value) => typeof value === 'string' && value.length <= most,
  };
}

/** Any value: checked later. */
export const any: Field = { expected: 'a value', isValid: (value) => value !== undefined };

/**
 * Reads a JSON object with these fields; no body is an empty object.
 * @throws {HttpError} 400, 413 beyond `most` bytes, 415 if it is not JSON by its type
 */
export async function readBody(
  request: IncomingMessage,
  most: number,
  fields: Fields,
): Promise<Record<string, unknown>> {
  const bytes = await readBytes(request, most);
  if (bytes.length === 0) return {};
  const type = request.headers['content-type'] ?? '';
  const isPlain = request.headers['content-encoding'] === undefined;
  if (!/^application\/json\s*(;|$)/i.test(type) || !isPlain)
    throw new HttpError(415, 'expected a body of application/json, not compressed');
  let body: unknown;
  try {
    body = JSON.parse(utf8.decode(bytes));
  } catch {
    throw new HttpError(400, 'the body is not valid JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new HttpError(400, 'expected a JSON object');
  for (const [name, value] of Object.entries(body)) {
    if (!Object.hasOwn(fields, name)) {
      const names = Object.keys(fields).join(', ') || 'none';
      throw new HttpError(400, `unknown field in the body; there are ${names}`);
    }
    const { expected, isValid } = fields[name]!;
    if (!isValid(value)) throw new HttpError(400, `${name}: expected ${expected}`);
  }
  return body as Record<string, unknown>;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Rejects with 413 beyond `most` bytes; the rest is not read. */
async function readBytes(request: IncomingMessage, most: number): Promise<Uint8Array> {
  const tooLarge = () => new HttpError(413, `the body has more than ${most} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge();
  // after the packet with the headers has been parsed
  await undefined;
  if (!request.complete) return arriving(request, most, tooLarge);
  const bytes: Uint8Array = request.read() ?? NONE;
  if (bytes.length > most) throw tooLarge();
  return bytes;
}

const NONE = new Uint8Array();

/** The body of a request of several packets. */
function arriving(request: IncomingMessage, most: number, tooLarge: () => HttpError): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    request.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      if (size <= most) return void chunks.push(chunk);
      request.pause();
      reject(tooLarge());
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => {
      if (!request.complete) reject(new Error('the client is gone'));
    });
  });
}
