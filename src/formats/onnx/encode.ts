import { byteArray } from '../../allocate.ts';
import { encodeUtf8 } from '../../utf8.ts';
import { MESSAGES, type MessageName } from './schema.ts';

/** Values of a message by field; those that are left out, 0, '' and [] are not written. */
export type Fields = Readonly<Record<string, unknown>>;

/** Pieces of an encoding, and their length. */
interface Pieces {
  readonly list: Uint8Array[];
  length: number;
}

/**
 * Encodes a message of ONNX by the table that the reader uses. Bytes are copied once.
 * @param fields messages inside are objects, too
 */
export function encode(message: MessageName, fields: Fields): Uint8Array<ArrayBuffer> {
  const { list, length } = piecesOf(message, fields);
  const bytes = byteArray(length);
  let at = 0;
  for (const piece of list) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function piecesOf(message: MessageName, fields: Fields): Pieces {
  const table: Readonly<Record<string, readonly [number, string]>> = MESSAGES[message];
  const out: Pieces = { list: [], length: 0 };
  const add = (piece: Uint8Array) => {
    out.list.push(piece);
    out.length += piece.length;
  };
  for (const [name, value] of Object.entries(fields)) {
    const [number, kind] = table[name]!;
    const isList = kind.endsWith('[]');
    const one = isList ? kind.slice(0, -2) : kind;
    const all = isList ? (value as unknown[]) : [value];
    // numbers of a list are packed
    if (isList && (one === 'int' || one === 'float')) {
      if (!all.length) continue;
      const packed = all.map((each) => (one === 'int' ? varint(each as number) : float(each as number)));
      add(varint(number * 8 + 2));
      add(varint(packed.reduce((sum, { length }) => sum + length, 0)));
      for (const piece of packed) add(piece);
      continue;
    }
    for (const each of all) {
      if (each === undefined || (!isList && (each === 0 || each === ''))) continue;
      if (one === 'int') {
        add(varint(number * 8));
        add(varint(each as number));
      } else if (one === 'float') {
        add(varint(number * 8 + 5));
        add(float(each as number));
      } else {
        const inner =
          one === 'string'
            ? [encodeUtf8(each as string)]
            : one === 'bytes'
              ? [each as Uint8Array]
              : piecesOf(one as MessageName, each as Fields).list;
        add(varint(number * 8 + 2));
        add(varint(inner.reduce((sum, { length }) => sum + length, 0)));
        for (const piece of inner) add(piece);
      }
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
