import { UnrolledError } from '../../errors.ts';
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

const OBJECTS = /[\])lt}dcRoiQ\x81-\x87\x8f-\x93]/;
/** Opcodes by the bytes of the number behind them; 0: a line. */
const ARGUMENTS = ['FILPSVcgip', 'CKUhq\x80\x8a\x8c', 'M', '', 'BJTXjr\x8b', '', '', '', '\x8d\x8e\x95\x96'];
/** Below the values that an opcode takes together. */
const MARK = {};

/** What an opcode does with its argument. What it gives is pushed. */
type Run = (argument: never, op: string) => unknown;

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
  const pop = (): unknown => {
    if (!stack.length || stack.at(-1) === MARK) throw bad('the stack is empty');
    return stack.pop();
  };
  const popMark = (): unknown[] => {
    const values = stack.splice(stack.lastIndexOf(MARK) + 1);
    if (!stack.pop()) throw bad('no mark on the stack');
    return values;
  };
  const popMany = (count: number): unknown[] => Array.from({ length: count }, pop).reverse();
  /** What runs, for messages. */
  let what = '';
  const make = (global: unknown, args: unknown): unknown => {
    what = (global as Global).name ?? what;
    const made = reduce(global, args);
    if (!made) throw new TypeError();
    return made;
  };
  const setItems = (pairs: readonly unknown[], to = pop()): unknown => {
    if (!(to instanceof Map) || pairs.length % 2) throw bad('no dict');
    for (let i = 0; i < pairs.length; i += 2) to.set(pairs[i], pairs[i + 1]);
    return to;
  };
  const append = (values: readonly unknown[], to = pop()): unknown => {
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
    '\x80': (protocol: number) => {
      if (protocol > 5) throw bad(`protocol ${protocol}, expected 0 to 5`);
    },
    // FRAME
    '\x95': () => {},
    '(': () => MARK,
    0: () => void (stack.at(-1) === MARK ? stack.pop() : pop()),
    1: () => void popMark(),
    2: () => stack.at(stack.push(pop()) - 1),
    N: () => null,
    '\x88': () => true,
    '\x89': () => false,
    KM: (value: number) => value,
    J: (value: number) => value | 0,
    // LONG1, LONG4: little-endian, in two's complement
    '\x8a\x8b': (length: number) => {
      if (length > MAX_INTEGER) throw bad(`an integer of ${length} bytes`);
      const digits = take(length);
      return digits.reduceRight((value, byte) => value * 256 + byte, digits.at(-1)! > 127 ? -1 : 0);
    },
    G: () => new DataView(Uint8Array.from(take(8)).buffer).getFloat64(0),
    // numbers and texts of protocol 0 are lines
    // 00 and 01 are booleans
    IL: (digits: string) => (/^0[01]$/.test(digits) ? digits === '01' : Number(digits.replace('L', ''))),
    F: Number,
    S: (line: string) => text(latin1(unescaped(line.slice(1, -1)))),
    V: unescaped,
    // texts of Python 2, too
    'TUX\x8c\x8d': (length: number) => text(take(length)),
    'BC\x8e\x96': (length: number) => take(length),
    '])\x8f': () => [],
    '}': () => new Map(),
    d: () => setItems(popMark(), new Map()),
    // LIST, TUPLE, FROZENSET
    'lt\x91': popMark,
    '\x85\x86\x87': (_, op) => popMany(op.charCodeAt(0) - 0x84),
    // APPEND, APPENDS, ADDITEMS
    'ae\x90': (_, op) => append(op === 'a' ? popMany(1) : popMark()),
    su: (_, op) => setItems(op === 's' ? popMany(2) : popMark()),
    ghj: (index: number | string) => {
      const value = memo.get(Number(index));
      if (value === undefined) throw bad(`nothing in the memo at ${index}`);
      return value;
    },
    // PUT, MEMOIZE
    'pqr\x94': (index: number | string = memo.size) => {
      const value = pop();
      memo.set(Number(index), value);
      return value;
    },
    c: (module: string) => name(module, line()),
    i: (module: string) => make(name(module, line()), popMark()),
    o: () => {
      const [global, ...args] = popMark();
      return make(global, args);
    },
    '\x93': () => name(...(popMany(2) as [unknown, unknown])),
    // REDUCE, NEWOBJ, NEWOBJ_EX
    'R\x81\x92': (_, op) => {
      const [global, args] = popMany(op === '\x92' ? 3 : 2);
      return make(global, args);
    },
    P: persistent,
    Q: () => persistent(pop()),
    b: () => {
      const state = pop();
      const of = pop();
      // attributes of others, such as `_metadata` of an OrderedDict, are not needed
      if (of instanceof Inert) of.state = state;
      return of;
    },
  };
  const table = new Map<string, readonly [Run, width: number]>();
  for (const [ops, run] of Object.entries(runs))
    for (const op of ops) table.set(op, [run, ARGUMENTS.findIndex((all) => all.includes(op))]);

  while (budget.room > 0) {
    if (stack.length > MAX_STACK) throw bad('too many values on the stack');
    const op = String.fromCharCode(u(1));
    what = op;
    if (op === '.') {
      const value = pop();
      if (stack.length) throw bad('values left on the stack');
      return value;
    }
    budget.room -= OBJECTS.test(op) ? 128 : 2;
    const [run, width] = table.get(op) ?? [undefined, -1];
    const argument = width < 0 ? undefined : width ? u(width) : line();
    try {
      const value = run!(argument as never, op);
      if (value !== undefined) stack.push(value);
    } catch (error) {
      throw error instanceof UnrolledError
        ? error
        : bad(`unknown opcode, or wrong values for ${JSON.stringify(what)}`);
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
    code[1]
      ? String.fromCodePoint(Number.parseInt(code.slice(1), 16))
      : ('\n\r\t'['nrt'.indexOf(code)] ?? code),
  );
}
