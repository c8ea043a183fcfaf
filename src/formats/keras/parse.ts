import { FormatError } from '../../errors.ts';
import { DEEPEST, isTooDeep } from '../json/depth.ts';
import { fail } from './config.ts';
import { isObject, type JsonObject } from './json.ts';

/**
 * Parses JSON.
 * @param where for messages
 * @throws {FormatError} if it is not an object, or is nested too deep
 */
export function parseJson(text: string, where: string): JsonObject {
  if (isTooDeep(text)) fail(`${where}: more than ${DEEPEST} lists and objects within each other`);
  let value: unknown;
  try {
    value = plainJson(text);
  } catch (error) {
    throw new FormatError(`keras: ${where}: ${(error as Error).message}`, { cause: error });
  }
  return isObject(value) ? value : fail(`${where}: expected an object`);
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
