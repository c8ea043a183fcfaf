import { UnrolledError } from '../../errors.ts';
import { quote } from '../../io/safetensors-header.ts';
import { decodeUtf8 } from '../../utf8.ts';
import type { Bytes } from './bytes.ts';
import { MAX_INTEGER, MAX_STACK, MAX_TEXT } from './limits.ts';

/** A class or function that a pickle names. It is never looked up. */
export class Global {
  /** Module and name, such as `torch.FloatStorage`. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object of a class that is not known, as data: items of a subclass of list or dict, and a state. */
export class Inert extends Map<unknown, unknown> {
  /** What `__setstate__` would get. */
  state: unknown;

  /** Adds an item of a list. */
  push(value: unknown): void {
    this.set(this.size, value);
  }
}

/** What the pickles of a file may still cost; negative if they are refused at the next opcode. */
export interface Budget {
  room: number;
}

/** Below the values that an opcode takes together. */
const MARK = {};

/**
 * What opcodes do with their argument and values; what they give is pushed. In a table each opcode is followed by the bytes of
 * the number behind it (0: a line), by how many values it takes from the stack (0: those above the mark), and by `*` if it
 * makes an object; `-`: none.
 */
type Run = (argument: never, values: unknown[]) => unknown;

/**
 * Reads one pickle from `bytes`, which then stand behind it. Nothing is executed or looked up: lists and tuples become
 * arrays, dicts become Maps. Values may contain each other. Integers are rounded beyond 2^53.
 * Format: Lib/pickletools.py of CPython.
 * @param reduce the call of a global, or an `Inert` in its place; false or nothing for arguments that it does not take
 * @param persistent an object that lies outside the pickle
 * @throws {FormatError} if it is not a pickle
 */
export function readPickle(
  bytes: Bytes,
  reduce: (global: unknown, args: unknown) => unknown,
  persistent: (id: unknown) => unknown,
  budget: Budget,
): unknown {
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  const { bad, take, u, line } = bytes;
  /** Takes values from the stack: 0 for those above the mark, and the mark. */
  const pop = (count: number): unknown[] => {
    const values = stack.splice(count ? -count : stack.lastIndexOf(MARK) + 1);
    if (values.length < count || values.includes(MARK)) throw bad('the stack is empty');
    if (!count && !stack.pop()) throw bad('no mark on the stack');
    return values;
  };
  /** What runs, for messages. */
  let what = '';
  const make = (global: unknown, args: unknown): unknown => {
    what = (global as Global).name ?? what;
    const made = reduce(global, args);
    if (!made) throw new TypeError();
    return made;
  };
  const setItems = (to: unknown, pairs: readonly unknown[]): unknown => {
    if (!(to instanceof Map) || pairs.length % 2) throw bad('no dict');
    for (let i = 0; i < pairs.length; i += 2) to.set(pairs[i], pairs[i + 1]);
    return to;
  };
  const append = (to: unknown, values: readonly unknown[]): unknown => {
    if (!(to instanceof Inert || Array.isArray(to))) throw bad('no list');
    for (const value of values) to.push(value);
    return to;
  };
  const name = (module: unknown, name: unknown) => {
    const isName = typeof module === 'string' && typeof name === 'string';
    if (!isName || module.length + name.length > MAX_TEXT) throw bad('no name');
    return new Global(`${module}.${name}`);
  };
  const text = (bytes: Uint8Array): string => {
    const decoded = decodeUtf8(bytes);
    if (decoded === undefined) throw bad('a text that is not UTF-8');
    return decoded;
  };
  const runs: Readonly<Record<string, Run>> = {
    // PROTO
    '\x801': (protocol: number) => {
      if (protocol > 5) throw bad(`protocol ${protocol}, expected 0 to 5`);
    },
    '(': () => MARK,
    0: () => void pop(stack.at(-1) === MARK ? 0 : 1),
    // POP_MARK, FRAME
    '1-0 \x958': () => {},
    '2-1': (_, values) => stack.push(...values) && values[0],
    N: () => null,
    '\x88': () => true,
    '\x89': () => false,
    // only those of J may be negative
    'K1 M2 J4': (value: number) => value | 0,
    // LONG1, LONG4: little-endian, in two's complement
    '\x8a1 \x8b4': (length: number) => {
      if (length > MAX_INTEGER) throw bad(`an integer of ${length} bytes`);
      const digits = take(length);
      return digits.reduceRight((value, byte) => value * 256 + byte, digits.at(-1)! > 127 ? -1 : 0);
    },
    G: () => new DataView(Uint8Array.from(take(8)).buffer).getFloat64(0),
    // numbers and texts of protocol 0 are lines
    // 00 and 01 are booleans
    'I0 L0': (digits: string) => (/^0[01]$/.test(digits) ? digits === '01' : Number(digits.replace('L', ''))),
    F0: Number,
    S0: (line: string) => text(latin1(unescaped(line.slice(1, -1)))),
    V0: unescaped,
    // texts of Python 2, too
    'T4 U1 X4 \x8c1 \x8d8': (length: number) => text(take(length)),
    'B4 C1 \x8e8 \x968': take,
    '}--* d-0*': (_, values) => setItems(new Map(), values),
    // empty ones, LIST, TUPLE, FROZENSET, TUPLE1 to TUPLE3
    ']--* )--* \x8f--* l-0* t-0* \x91-0* \x85-1* \x86-2* \x87-3*': (_, values) => values,
    // APPEND, APPENDS, ADDITEMS
    'a-1 e-0 \x90-0': (_, values) => append(pop(1)[0], values),
    's-2 u-0': (_, values) => setItems(pop(1)[0], values),
    'g0 h1 j4': (index: number | string) => {
      const value = memo.get(Number(index));
      if (value === undefined) throw bad(`nothing in the memo at ${index}`);
      return value;
    },
    // PUT, MEMOIZE
    'p01 q11 r41 \x94-1': (index: number | string = memo.size, [value]) => {
      memo.set(Number(index), value);
      return value;
    },
    'c0-*': (module: string) => name(module, line()),
    'i00*': (module: string, args) => make(name(module, line()), args),
    'o-0*': (_, [global, ...args]) => make(global, args),
    '\x93-2*': (_, [module, own]) => name(module, own),
    // REDUCE, NEWOBJ, NEWOBJ_EX
    'R-2* \x81-2* \x92-3*': (_, [global, args]) => make(global, args),
    'Q-1*': (_, [id]) => persistent(id),
    'b-2': (_, [of, state]) => {
      // attributes of others, such as `_metadata` of an OrderedDict, are not needed
      if (of instanceof Inert) of.state = state;
      return of;
    },
  };
  const table = new Map<string, readonly [Run, width: number, count: number, cost: number]>();
  for (const [ops, run] of Object.entries(runs))
    for (const [op, width, count, makes] of ops.split(' '))
      table.set(op!, [run, Number(width), Number(count), makes ? 128 : 2]);

  while (budget.room > 0) {
    if (stack.length > MAX_STACK) throw bad('too many values on the stack');
    const op = String.fromCharCode(u(1));
    what = op;
    if (op === '.') {
      const [value] = pop(1);
      if (stack.length) throw bad('values left on the stack');
      return value;
    }
    const [run, width, count, cost = 2] = table.get(op) ?? [];
    budget.room -= cost;
    const argument = width ? u(width) : width === 0 ? line() : undefined;
    try {
      const value = run!(argument as never, count! >= 0 ? pop(count!) : []);
      if (value !== undefined) stack.push(value);
    } catch (error) {
      throw error instanceof UnrolledError
        ? error
        : bad(`unknown opcode, or wrong values for ${quote(what)}`);
    }
  }
  throw bad('too many opcodes');
}

/** The bytes of a text that has one character per byte. */
export function latin1(text: string): Uint8Array {
  return new Uint8Array(text.length).map((_, i) => text.charCodeAt(i));
}

/** A text with Python's escapes. */
function unescaped(text: string): string {
  return text.replace(/\\(x..|u.{4}|U.{8}|.)/g, (_, code: string) =>
    code[1] ? String.fromCodePoint(Number(`0x${code.slice(1)}`)) : ('\n\r\t'['nrt'.indexOf(code)] ?? code),
  );
}
