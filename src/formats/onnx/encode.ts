import { byteArray } from '../../allocate.ts';
import { encodeUtf8 } from '../../utf8.ts';
import { MESSAGES, type MessageName } from './schema.ts';

/** Values of a message by field; those that are left out, 0, '' and [] are not written. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Encodes a message of ONNX by the table that the reader uses. Bytes are copied once.
 * @param fields messages inside are objects, too
 */
export function encode(message: MessageName, fields: Fields): Uint8Array<ArrayBuffer> {
  const pieces = piecesOf(message, fields);
  const bytes = byteArray(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function piecesOf(message: MessageName, fields: Fields): Uint8Array[] {
  const table: Readonly<Record<string, readonly [number, string]>> = MESSAGES[message];
  const out: Uint8Array[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const [number, kind] = table[name]!;
    const one = kind.replace('[]', '');
    const isList = one !== kind;
    const all = (isList ? value : [value]) as never[];
    const scalar = one === 'int' ? varint : one === 'float' ? float : undefined;
    const addWithLength = (pieces: readonly Uint8Array[]) => {
      out.push(varint(number * 8 + 2), varint(lengthOf(pieces)));
      for (const piece of pieces) out.push(piece);
    };
    // numbers of a list are packed
    if (isList && scalar) {
      if (all.length) addWithLength(all.map(scalar));
      continue;
    }
    for (const each of all) {
      if (!isList && !each) continue;
      if (scalar) out.push(varint(number * 8 + (one === 'int' ? 0 : 5)), scalar(each));
      else if (one === 'string') addWithLength([encodeUtf8(each)]);
      else addWithLength(one === 'bytes' ? [each] : piecesOf(one as MessageName, each));
    }
  }
  return out;
}

/** A whole number in base 128, the lowest digits first; negative ones as those of 64 bits. */
function varint(value: number): Uint8Array {
  const digits: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    digits.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.of(...digits, Number(rest));
}

function float(value: number): Uint8Array {
  return new Uint8Array(Float32Array.of(value).buffer);
}
