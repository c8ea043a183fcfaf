import type { Bytes } from './bytes.ts';

/** A class or function that a pickle names. It is never looked up. */
export class Global {
  /** Module and name, such as `torch.FloatStorage`. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object of a class that is not known, as data. */
export class Inert {
  /** What `__setstate__` would get. */
  state: unknown;
  /** Items of a subclass of list or dict. */
  readonly items = new Map<unknown, unknown>();
}

/** What a pickle's objects become. */
export interface PickleHost {
  /** An object that lies outside the pickle. */
  persistent(id: unknown): unknown;
  /** The call of a global that is known; undefined for all others and for what is no call, which become `Inert`. */
  reduce(global: unknown, args: unknown): unknown;
}

/** Maximum number of values on the stack: Python writes long lists and dicts in parts of 1,000. */
const MAX_STACK = 2 ** 16;
/** What a pickle may cost besides three times its bytes: 128 per opcode that makes an object, about its bytes; else 2. */
const MAX_COST = 2 ** 23;
const OBJECTS = /[\])lt}dcRoiQ\x81-\x87\x8f-\x93]/;
/** Maximum number of bytes of an integer. */
const MAX_INTEGER = 64;

/**
 * Reads one pickle from `bytes`, which then stand behind it. Nothing is executed or looked up: lists and tuples become
 * arrays, dicts become Maps, and objects what `host` makes of them. Values may contain each other.
 * Format: Lib/pickletools.py of CPython.
 * @throws {FormatError} if it is not a pickle
 * @throws {SyntaxError | RangeError} if digits or an escape are none
 */
export function readPickle(bytes: Bytes, host: PickleHost): unknown {
  const stack: unknown[] = [];
  const marks: number[] = [];
  const memo = new Map<number, unknown>();
  const bad = (message: string) => bytes.bad(message);
  const pop = (): unknown => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw bad('the stack is empty');
    return stack.pop();
  };
  const top = (): unknown => {
    const value = pop();
    stack.push(value);
    return value;
  };
  const popMark = (): unknown[] => {
    const mark = marks.pop();
    if (mark === undefined) throw bad('no mark on the stack');
    return stack.splice(mark);
  };
  const popMany = (count: number): unknown[] => Array.from({ length: count }, pop).reverse();
  const store = (index: number) => memo.set(index, top());
  const recall = (index: number) => {
    const value = memo.get(index);
    if (value === undefined) throw bad(`nothing in the memo at ${index}`);
    return value;
  };
  const make = (global: unknown, args: unknown): unknown => host.reduce(global, args) ?? new Inert();
  const setItems = (to: unknown, pairs: readonly unknown[]): unknown => {
    const map = to instanceof Inert ? to.items : to;
    if (!(map instanceof Map) || pairs.length % 2) throw bad('no dict');
    for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
    return to;
  };
  const several = (values: readonly unknown[]) => {
    const to = top();
    if (!(to instanceof Inert || Array.isArray(to))) throw bad('no list');
    for (const value of values) to instanceof Inert ? to.items.set(to.items.size, value) : to.push(value);
  };
  const name = (module: unknown, name: unknown) => {
    if (typeof module !== 'string' || typeof name !== 'string') throw bad('no name');
    return new Global(`${module}.${name}`);
  };

  const pair = (count: number) => {
    const [global, args] = popMany(count);
    return make(global, args);
  };
  const items = (values: readonly unknown[]) => setItems(top(), values);
  const nameInLines = () => name(bytes.line(), bytes.line());

  /** Opcodes that push what they give. */
  const values: Readonly<Record<string, () => unknown>> = {
    2: top,
    N: () => null,
    '\x88': () => true,
    '\x89': () => false,
    J: () => bytes.u32() | 0,
    K: () => bytes.u8(),
    M: () => bytes.u16(),
    '\x8a': () => integerOf(bytes, bytes.u8()),
    '\x8b': () => integerOf(bytes, bytes.u32()),
    G: () => bytes.f64BigEndian(),
    // numbers and texts of protocol 0 are lines
    I: () => integerIn(bytes.line()),
    L: () => integerIn(bytes.line()),
    F: () => Number(bytes.line()),
    S: () => unescaped(bytes.line().slice(1, -1)),
    V: () => unescaped(bytes.line()),
    // texts of Python 2, too
    T: () => bytes.utf8(bytes.u32()),
    X: () => bytes.utf8(bytes.u32()),
    U: () => bytes.utf8(bytes.u8()),
    '\x8c': () => bytes.utf8(bytes.u8()),
    '\x8d': () => bytes.utf8(bytes.u64()),
    B: () => bytes.take(bytes.u32()),
    C: () => bytes.take(bytes.u8()),
    // BINBYTES8, BYTEARRAY8
    '\x8e': () => bytes.take(bytes.u64()),
    '\x96': () => bytes.take(bytes.u64()),
    ']': () => [],
    ')': () => [],
    '\x8f': () => [],
    '}': () => new Map(),
    d: () => setItems(new Map(), popMark()),
    l: popMark,
    t: popMark,
    // FROZENSET
    '\x91': popMark,
    '\x85': () => popMany(1),
    '\x86': () => popMany(2),
    '\x87': () => popMany(3),
    g: () => recall(Number(bytes.line())),
    h: () => recall(bytes.u8()),
    j: () => recall(bytes.u32()),
    c: nameInLines,
    i: () => make(nameInLines(), popMark()),
    o: () => {
      const [global, ...args] = popMark();
      return make(global, args);
    },
    '\x93': () => name(...(popMany(2) as [unknown, unknown])),
    // REDUCE, NEWOBJ, NEWOBJ_EX
    R: () => pair(2),
    '\x81': () => pair(2),
    '\x92': () => pair(3),
    P: () => host.persistent(bytes.line()),
    Q: () => host.persistent(pop()),
  };
  /** Opcodes that push nothing. */
  const others: Readonly<Record<string, () => unknown>> = {
    '\x80': () => {
      const protocol = bytes.u8();
      if (protocol > 5) throw bad(`protocol ${protocol}, expected 0 to 5`);
    },
    // FRAME
    '\x95': () => bytes.skip(8),
    '(': () => marks.push(stack.length),
    0: () => (marks.length && stack.length === marks.at(-1) ? marks.pop() : pop()),
    1: popMark,
    a: () => several([pop()]),
    e: () => several(popMark()),
    // ADDITEMS
    '\x90': () => several(popMark()),
    s: () => items(popMany(2)),
    u: () => items(popMark()),
    p: () => store(Number(bytes.line())),
    q: () => store(bytes.u8()),
    r: () => store(bytes.u32()),
    '\x94': () => store(memo.size),
    b: () => {
      const state = pop();
      const of = top();
      // attributes of others, such as `_metadata` of an OrderedDict, are not needed
      if (of instanceof Inert) of.state = state;
    },
  };

  for (let room = MAX_COST + 3 * bytes.bytes.length; room > 0; ) {
    if (stack.length > MAX_STACK || marks.length > MAX_STACK) throw bad('too many values on the stack');
    const op = String.fromCharCode(bytes.u8());
    if (op === '.') {
      const value = pop();
      if (stack.length || marks.length) throw bad('values left on the stack');
      return value;
    }
    room -= OBJECTS.test(op) ? 128 : 2;
    const value = values[op];
    const other = others[op];
    if (value) stack.push(value());
    else if (other) other();
    else throw bad(`unknown opcode ${JSON.stringify(op)}`);
  }
  throw bad('too many opcodes');
}

/** A little-endian integer in two's complement. */
function integerOf(bytes: Bytes, length: number): number | bigint {
  if (length > MAX_INTEGER) throw bytes.bad(`an integer of ${length} bytes, more than ${MAX_INTEGER}`);
  const digits = bytes.take(length).reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
  return exact(BigInt.asIntN(8 * length, digits));
}

/** An integer of digits, maybe with an L behind them; 00 and 01 are booleans. */
function integerIn(text: string): number | bigint | boolean {
  if (/^0[01]$/.test(text)) return text === '01';
  return exact(BigInt(text.length > 3 * MAX_INTEGER ? Number.NaN : text.replace('L', '')));
}

/** A number where it is exact, else a bigint. */
function exact(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** A text with Python's escapes. */
function unescaped(text: string): string {
  return text.replace(/\\(x..|u.{4}|U.{8}|.)/g, (_, code: string) =>
    code[1]
      ? String.fromCodePoint(Number.parseInt(code.slice(1), 16))
      : (({ n: '\n', r: '\r', t: '\t' } as Record<string, string>)[code] ?? code),
  );
}
