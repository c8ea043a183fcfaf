import { ArgumentError, reading } from './errors.ts';
import { isBytes, toBytes } from './io/parse.ts';
import { settledList } from './settled.ts';

/** The bytes of a file. */
export type FileBytes = Uint8Array | ArrayBuffer;

/**
 * Files by name; a single one has no name.
 * @throws {ArgumentError} if they are not bytes
 */
export function bytesByName(files: unknown): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const add = (name: string, given: unknown, argument: string) =>
    found.set(name, settledList(toBytes(given, argument)));
  if (isBytes(files)) return add('', files, 'files');
  if (!isPlain(files))
    throw new ArgumentError('files', 'the bytes of a file, or those of several by name', files);
  for (const [name, given] of reading('files', files, () => Object.entries(files)))
    add(name, given, `files[${JSON.stringify(name)}]`);
  if (found.size === 0) throw new ArgumentError('files', 'at least one file', files);
  return found;
}

/** Whether it is an object as JSON and literals make them, or of other classes by `kind`. */
export function isPlain(value: unknown, kind = / Object/): value is object {
  try {
    return kind.test(Object.prototype.toString.call(value));
  } catch {
    // a Proxy that was revoked
    return false;
  }
}
