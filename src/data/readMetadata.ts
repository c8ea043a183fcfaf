import { ArgumentError, FormatError, reading } from '../errors.ts';

/**
 * The text under a key of a saved model's metadata.
 * @throws {FormatError} if it is missing
 * @throws {ArgumentError} if it is no text
 */
export function metadataText(metadata: Readonly<Record<string, string>>, key: string): string {
  const text: unknown = reading('metadata', metadata, () => metadata[key], 'the metadata of a model');
  if (text === undefined) throw new FormatError(`metadata: no '${key}'`);
  if (typeof text !== 'string') throw new ArgumentError(`metadata.${key}`, 'a text', text);
  return text;
}

/** The JSON under a key of a saved model's metadata, {} for null. @throws {FormatError} if it is missing or not valid JSON */
export function readMetadata(
  metadata: Readonly<Record<string, string>>,
  key: string,
): Readonly<Record<string, unknown>> {
  const text = metadataText(metadata, key);
  try {
    return JSON.parse(text) ?? {};
  } catch (cause) {
    throw new FormatError(`metadata: '${key}' is not valid JSON`, { cause });
  }
}
