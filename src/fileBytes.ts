import { arrayKind, isArrayBuffer } from './arrayKind.ts';
import { ArgumentError, reading } from './errors.ts';
import { settledList } from './settled.ts';

/** The bytes of a file. */
export type FileBytes = Uint8Array | ArrayBuffer;

/**
 * Files by name; a single one has no name.
 * @throws {ArgumentError} if they are not bytes
 */
export function bytesByName(files: unknown): Map<string, Uint8Array> {
  const one = bytesOf(files);
  if (one) return new Map([['', one]]);
  if (typeof files !== 'object' || files === null || Array.isArray(files) || arrayKind(files))
    throw new ArgumentError('files', 'the bytes of a file, or those of several by name', files);
  const found = new Map<string, Uint8Array>();
  for (const [name, given] of reading('files', files, () => Object.entries(files))) {
    const bytes = bytesOf(given);
    if (!bytes)
      throw new ArgumentError(`files[${JSON.stringify(name)}]`, 'a Uint8Array or ArrayBuffer', given);
    found.set(name, bytes);
  }
  if (found.size === 0) throw new ArgumentError('files', 'at least one file', files);
  return found;
}

/** The bytes of a file, in memory that is not shared; undefined for other values. */
function bytesOf(given: unknown): Uint8Array | undefined {
  if (isArrayBuffer(given)) return reading('files', given, () => new Uint8Array(given));
  return arrayKind(given) === 'Uint8Array' ? settledList(given as Uint8Array) : undefined;
}
