import { arrayKind } from './arrayKind.ts';

/** Text about what came, shown as it is. */
export class Verbatim {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text of a Verbatim; undefined of everything else, a Proxy included. */
  static read(value: object): string | undefined {
    return #text in value ? value.#text : undefined;
  }
}

/** Longest text of a value, in UTF-16 code units. */
const LONGEST = 120;
/** Elements of an array that are shown, and how deep arrays in arrays are. */
const WIDEST = 8;
const DEEPEST = 3;
/** Digits of a bigint are counted up to here: more take time that grows with their square. */
const LARGE = 10n ** 30n;

/**
 * Any value as short text for a message. It calls nothing of the value: no toString, valueOf, toJSON or getter, and what
 * a Proxy throws is caught.
 */
export function show(value: unknown): string {
  try {
    return shorten(text(value, 0), LONGEST);
  } catch {
    return 'an object that cannot be read';
  }
}

/** `[2, 3]` as text, whatever the elements are. */
export function showShape(shape: readonly unknown[]): string {
  const { length } = shape;
  return length <= 16 ? `[${Array.from(shape, show).join(', ')}]` : `of ${length} dimensions`;
}

/** The text, its middle left out where it is longer than `longest`. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const tail = Math.floor(longest / 3);
  return `${text.slice(0, longest - tail - 3)}...${text.slice(-tail)}`;
}

function text(value: unknown, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value, 60));
  if (typeof value === 'bigint') return value < LARGE && value > -LARGE ? `${value}n` : 'a large bigint';
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return shorten(String(value), 60);
  const verbatim = Verbatim.read(value);
  if (verbatim !== undefined) return verbatim;
  if (Array.isArray(value)) return list(value, depth);
  const kind = arrayKind(value);
  if (kind) return `${kind}(${(value as Uint8Array).length})`;
  if (ArrayBuffer.isView(value)) return 'a DataView';
  const name = className(value);
  if (name === '' || name === 'Object') return 'an object';
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${shorten(name, 40)}`;
}

function list(value: readonly unknown[], depth: number): string {
  const { length } = value;
  if (length > WIDEST || depth >= DEEPEST) return `an array of ${length}`;
  const elements = Array.from({ length }, (_, i) => {
    const own = Object.getOwnPropertyDescriptor(value, i);
    if (!own) return 'a hole';
    return 'value' in own ? text(own.value, depth + 1) : 'a getter';
  });
  return `[${elements.join(', ')}]`;
}

/** Name of the class, read without calling a getter. */
function className(value: object): string {
  const made = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(value) ?? {}, 'constructor')?.value;
  const name = typeof made === 'function' && Object.getOwnPropertyDescriptor(made, 'name')?.value;
  return typeof name === 'string' ? name : '';
}
