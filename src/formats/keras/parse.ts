import { hasTooMany, TOO_MANY } from '../json/limits.ts';
import { fail } from './config.ts';
import { isObject, type JsonObject } from './json.ts';

/**
 * Parses JSON.
 * @param where for messages
 * @throws {FormatError} if it is not an object, is nested too deep, or has too many values
 */
export function parseJson(text: string, where: string): JsonObject {
  if (hasTooMany(text)) fail(`${where}: ${TOO_MANY}`);
  let value: unknown;
  try {
    value = plainJson(text);
  } catch (error) {
    fail(`${where}: ${(error as Error).message}`);
  }
  return isObject(value) ? value : fail(`${where}: expected an object`);
}

/** Python writes numbers that JSON does not have; nothing that is read needs them. */
function plainJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.replace(/-?\bInfinity\b|\bNaN\b/g, 'null'));
  }
}
