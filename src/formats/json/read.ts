import { ArgumentError } from '../../errors.ts';
import { isPlain } from '../../fileBytes.ts';
import { isBytes, toBytes } from '../../io/parse.ts';
import { settledList } from '../../settled.ts';
import { hasTooMany, TOO_MANY } from './limits.ts';

/**
 * The JSON of a file.
 * @param given bytes, text, or what JSON.parse gives
 * @param bad makes the error that is thrown if it is not JSON, nested too deep, or has too many values
 * @throws {ArgumentError} for anything else
 */
export function readJson(given: unknown, bad: (message: string) => Error): unknown {
  const text = textOf(given);
  if (typeof text !== 'string') return text;
  if (hasTooMany(text)) throw bad(TOO_MANY);
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw bad(`not JSON: ${(error as Error).message}`);
  }
}

/** Bytes as text; text and JSON as they are. @throws {ArgumentError} for anything else */
export function textOf(file: unknown): unknown {
  if (isBytes(file)) return new TextDecoder().decode(settledList(toBytes(file, 'file')));
  if (typeof file === 'string' || isPlain(file, / (Object|Array)/)) return file;
  throw new ArgumentError('file', 'bytes, a text or what JSON.parse gives', file);
}
