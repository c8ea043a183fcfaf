import { FormatError } from '../../errors.ts';
import { isObject, type JsonObject } from './json.ts';

/** Lists and objects within each other, at most. */
const DEEPEST = 200;

/**
 * Parses JSON.
 * @param where for messages
 * @throws {FormatError} if it is not an object, or is nested too deep
 */
export function parseJson(text: string, where: string): JsonObject {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === 0x5c) i++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if ((code === 0x5b || code === 0x7b) && ++depth > DEEPEST)
      throw new FormatError(`keras: ${where}: more than ${DEEPEST} lists and objects within each other`);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  let value: unknown;
  try {
    value = plainJson(text);
  } catch (error) {
    throw new FormatError(`keras: ${where}: ${(error as Error).message}`, { cause: error });
  }
  return isObject(value) ? value : fail(where);
}

/** Python writes numbers that JSON does not have; nothing that is read needs them. */
function plainJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return JSON.parse(text.replace(/-?\bInfinity\b|\bNaN\b/g, 'null'));
  }
}

function fail(where: string): never {
  throw new FormatError(`keras: ${where}: expected an object`);
}
