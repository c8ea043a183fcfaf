import { arrayKind } from './arrayKind.ts';

/** Text that is shown as it is in an error message. */
export class Verbatim {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text of a Verbatim; undefined for everything else, including a Proxy. */
  static read(value: object): string | undefined {
    return #text in value ? value.#text : undefined;
  }
}

/** Maximum length of the text of a value, in UTF-16 code units. */
const LONGEST = 120;
/** Maximum number of array elements shown, and maximum nesting. */
const WIDEST = 8;
const DEEPEST = 3;
/** Largest bigint that is converted to decimal, which takes quadratic time. */
const LARGE = 10n ** 30n;

/**
 * Formats any value as a short text for a message. Calls no code of the value (toString, valueOf, toJSON, getters);
 * errors of a Proxy are caught.
 */
export function show(value: unknown): string {
  try {
    return shorten(text(value, 0), LONGEST);
  } catch {
    return 'an object that cannot be read';
  }
}

/** Formats a shape such as `[2, 3]`. */
export function showShape(shape: readonly unknown[]): string {
  const { length } = shape;
  return length <= 16 ? `[${Array.from(shape, show).join(', ')}]` : `of ${length} dimensions`;
}

/** Shortens a text longer than `longest` in the middle. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const tail = Math.floor(longest / 3);
  return `${text.slice(0, longest - tail - 3)}...${text.slice(-tail)}`;
}

function text(value: unknown, depth: number): string {
  const type = typeof value;
  if (type === 'string') return JSON.stringify(shorten(value as string, 60));
  if (typeof value === 'bigint') return value < LARGE && value > -LARGE ? `${value}n` : 'a large bigint';
  if (type === 'function') return 'a function';
  if (type !== 'object' || value === null) return shorten(String(value), 60);
  const verbatim = Verbatim.read(value as object);
  if (verbatim !== undefined) return verbatim;
  if (Array.isArray(value)) return list(value, depth);
  const kind = arrayKind(value);
  if (kind) return `${kind}(${(value as Uint8Array).length})`;
  const name = className(value as object);
  if (name === '' || name === 'Object') return 'an object';
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${shorten(name, 40)}`;
}

function list(value: readonly unknown[], depth: number): string {
  const { length } = value;
  if (length > WIDEST || depth >= DEEPEST) return `an array of ${length}`;
  const elements = Array.from({ length }, (_, i) => {
    const own = Object.getOwnPropertyDescriptor(value, i);
    return own?.get ? 'a getter' : own ? text(own.value, depth + 1) : 'a hole';
  });
  return `[${elements.join(', ')}]`;
}

/** Class name, read without calling a getter. */
function className(value: object): string {
  const made = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(value) ?? {}, 'constructor')?.value;
  const name = typeof made === 'function' && Object.getOwnPropertyDescriptor(made, 'name')?.value;
  return typeof name === 'string' ? name : '';
}
