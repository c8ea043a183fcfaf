import { entry } from '../../entry.ts';
import { FormatError } from '../../errors.ts';
import { readFunction, readNode, readValueInfo } from './graph.ts';
import { MESSAGES, type Message, type MessageName, type Read } from './schema.ts';

/** Messages inside each other: 3 for a graph in a node's attribute. */
const DEEPEST = 96;
/** Messages in a file at most: what they take in memory is bounded by it. */
const MOST_MESSAGES = 400_000;
/** Messages that a function counts as: it takes 0.8 kB, a node in it 0.2 of them. */
const FUNCTION = 32;

/** Strings that are kept to give them again. */
const MOST_TEXTS = 4096;

const NONE: readonly never[] = [];

interface Field {
  readonly name: string;
  readonly kind: string;
  readonly repeated: boolean;
  /** Wire type of one value. */
  readonly wire: number;
}

/** Wire types of numbers; 2 for all else. */
const WIRES: Readonly<Record<string, number>> = { int: 0, float: 5, double: 1 };
/** A kind of each wire type. */
const KINDS = ['int', 'double', 'bytes', '', '', 'float'];

/** Fields of a message by number, and an object with its absent values. */
interface Table {
  readonly fields: ReadonlyMap<number, Field>;
  readonly absent: object;
  /** What a message becomes as soon as it is decoded. */
  readonly read: (message: object) => object;
  /** What all empty ones become. */
  readonly empty: object;
}

const tables = new Map<string, Table>();

function tableOf(message: MessageName): Table {
  return entry(tables, message, () => {
    const fields = new Map<number, Field>();
    const absent: Record<string, unknown> = {};
    for (const [name, [number, kind]] of Object.entries<readonly [number, string]>(MESSAGES[message])) {
      const repeated = kind.endsWith('[]');
      const one = kind.replace('[]', '');
      fields.set(number, { name, kind: one, repeated, wire: WIRES[one] ?? 2 });
      absent[name] = repeated ? NONE : kind === 'string' ? '' : kind in WIRES ? 0 : undefined;
    }
    const read = (READERS[message as keyof Read] ?? ((made: object) => made)) as Table['read'];
    return { fields, absent, read, empty: read(absent) };
  });
}

/** What messages become as soon as they are decoded: few of them are in memory at a time. */
const READERS: { readonly [M in keyof Read]: (message: Message<M>) => Read[M] } = {
  Function: readFunction,
  Node: readNode,
  ValueInfo: readValueInfo,
};

/**
 * Decodes an ONNX file. `bytes` fields are views of it.
 * @throws {FormatError} bytes that are no such file, too many or too deep messages
 */
export function decode(bytes: Uint8Array): Message<'Model'> {
  return new Decoder(bytes).message('Model', bytes.length, 0) as Message<'Model'>;
}

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #messages = 0;
  readonly #text = new TextDecoder();
  readonly #texts = new Map<string, string>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  message(name: MessageName, end: number, depth: number): object {
    this.#messages += name === 'Function' ? FUNCTION : 1;
    if (depth > DEEPEST || this.#messages > MOST_MESSAGES)
      throw this.#bad(`more than ${MOST_MESSAGES} messages or ${DEEPEST} deep`);
    const { fields, absent, empty, read } = tableOf(name);
    if (this.#at === end) return empty;
    const out = Object.create(absent) as Record<string, unknown>;
    while (this.#at < end) {
      const tag = this.#varint(end);
      const field = fields.get(Math.floor(tag / 8));
      const wire = tag % 8;
      if (!field) {
        this.#skip(wire, end);
        continue;
      }
      const { name: key, kind, repeated } = field;
      const packed = repeated && wire === 2 && field.wire !== 2;
      if (wire !== field.wire && !packed) throw this.#bad(`wire type ${wire}, not ${field.wire}`);
      const stop = packed ? this.#length(end) : end;
      while (!packed || this.#at < stop) {
        const value = this.#value(kind, stop, depth);
        const list = out[key] as unknown[];
        // an array that grows or is spread has room for 16 more
        if (!repeated) out[key] = value;
        else if (list.length < 4) out[key] = list.concat([value]);
        else list.push(value);
        if (!packed) break;
      }
    }
    return read(out);
  }

  #value(kind: string, end: number, depth: number): unknown {
    if (kind === 'int') return this.#varint(end);
    if (kind === 'float') return this.#view.getFloat32(this.#forward(4, end), true);
    if (kind === 'double') return this.#view.getFloat64(this.#forward(8, end), true);
    const stop = this.#length(end);
    if (kind !== 'string' && kind !== 'bytes') return this.message(kind as MessageName, stop, depth + 1);
    const part = this.#bytes.subarray(this.#at, stop);
    this.#at = stop;
    if (kind === 'bytes') return part;
    // one string for those that are equal, as names often are that follow each other
    if (this.#texts.size > MOST_TEXTS) this.#texts.clear();
    const given = this.#text.decode(part);
    return entry(this.#texts, given, () => given);
  }

  /** An int64 as the nearest number. */
  #varint(end: number): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#forward(1, end)]!;
      const bits = byte & 127;
      if (shift < 28) low += bits * 2 ** shift;
      else high += bits * 2 ** (shift - 28);
      if (byte < 128) {
        const top = high % 2 ** 36;
        return (top < 2 ** 35 ? top : top - 2 ** 36) * 2 ** 28 + low;
      }
    }
    throw this.#bad('a number of more than ten bytes');
  }

  /** Where a part ends whose length comes next. */
  #length(end: number): number {
    const length = this.#varint(end);
    if (!(length >= 0 && length <= end - this.#at)) {
      throw this.#bad(`a part of ${length} bytes, where ${end - this.#at} are left`);
    }
    return this.#at + length;
  }

  #forward(bytes: number, end: number): number {
    const from = this.#at;
    if (bytes > end - from) throw this.#bad('it ends inside a field');
    this.#at += bytes;
    return from;
  }

  #skip(wire: number, end: number): void {
    const kind = KINDS[wire];
    if (!kind) throw this.#bad(`unknown wire type ${wire}`);
    this.#value(kind, end, 0);
  }

  #bad(what: string): FormatError {
    return new FormatError(`not an ONNX file: ${what} (byte ${this.#at})`);
  }
}
