import { byteArray } from '../allocate.ts';
import { record } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { encodeUtf8 } from '../utf8.ts';
import type { Dtype } from './dtype.ts';
import { hasLoneSurrogate, MAX_METADATA, quote } from './safetensors-header.ts';
import { MAX_HEADER } from './sizes.ts';

/** A checked tensor and its bytes. */
export interface Piece {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  data: Uint8Array;
}

/**
 * Writes tensors with distinct names, in this order. Throws for metadata and sizes as serializeSafetensors. own: a key of the package's
 * own, which metadata must not have, and its value.
 */
export function writeTensors(
  pieces: readonly Piece[],
  metadata: Readonly<Record<string, string>>,
  own?: readonly [key: string, value: string],
): Uint8Array<ArrayBuffer> {
  const members = metadataMembers(metadata, own);
  let size = 0;
  for (const { name, dtype, shape, data } of pieces) {
    const end = size + data.byteLength;
    const fields = `"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${size},${end}]`;
    members.push(`${JSON.stringify(name)}:{${fields}}`);
    size = end;
  }
  const header = encodeUtf8(`{${members.join(',')}}`);
  const padded = Math.ceil(header.length / 8) * 8;
  if (padded > MAX_HEADER)
    throw new ArgumentError('tensors', `a header of at most ${MAX_HEADER} bytes`, padded);

  const file = byteArray(8 + padded + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.fill(0x20, 8 + header.length, 8 + padded);
  file.set(header, 8);
  let at = 8 + padded;
  for (const { data } of pieces) {
    file.set(data, at);
    at += data.length;
  }
  return file;
}

function metadataMembers(
  metadata: Readonly<Record<string, string>>,
  own: readonly [string, string] | undefined,
): string[] {
  const pairs = Object.entries(record('metadata', metadata, 'an object with string values'));
  if (pairs.length > MAX_METADATA)
    throw new ArgumentError('metadata', `at most ${MAX_METADATA} keys`, pairs.length);
  if (own) {
    if (pairs.some(([key]) => key === own[0]))
      throw new ArgumentError('metadata', `names other than ${own[0]}`, own[0]);
    pairs.push([...own]);
  }
  const members = pairs
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([key, value]) => {
      checkText('metadata', key);
      checkText(own ? `metadata.${key}` : `metadata[${quote(key)}]`, value);
      return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
    });
  return members.length === 0 ? [] : [`"__metadata__":{${members.join(',')}}`];
}

/** @throws {ArgumentError} if it is not Unicode text */
export function checkText(argument: string, text: unknown): asserts text is string {
  if (typeof text !== 'string') throw new ArgumentError(argument, 'a string', text);
  if (hasLoneSurrogate(text)) throw new ArgumentError(argument, 'Unicode text without lone surrogates', text);
}

/** Compares distinct texts by UTF-8 bytes. */
export function compareCodePoints(a: string, b: string): number {
  return surrogatesLast(a) < surrogatesLast(b) ? -1 : 1;
}

/** Swaps the code units of surrogates and U+E000 to U+FFFF, so that the order is that of code points. */
function surrogatesLast(text: string): string {
  return text.replace(/[\ud800-\uffff]/g, (unit) =>
    String.fromCharCode(unit.charCodeAt(0) + (unit < '\ue000' ? 0x2000 : -0x800)),
  );
}
