import { FormatError } from '../errors.ts';

/** The JSON under a key of a saved model's metadata. @throws {FormatError} if it is missing or not valid JSON */
export function readMetadata(metadata: Readonly<Record<string, string>>, key: string): unknown {
  const text = metadata[key];
  if (text === undefined) throw new FormatError(`metadata: no '${key}'`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`metadata: '${key}' is not valid JSON`, { cause });
  }
}
