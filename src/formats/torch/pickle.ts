import type { Bytes } from './bytes.ts';

/** A class or function that a pickle names. It is never looked up. */
export class Global {
  /** Module and name, such as `torch FloatStorage`. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object of a class that is not known: what the pickle says of it, as data. */
export class Inert {
  /** Its class, or the function that would make it. */
  readonly global: unknown;
  readonly args: unknown;
  /** What `__setstate__` would get. */
  state: unknown;
  /** Items of a subclass of list or dict. */
  readonly items = new Map<unknown, unknown>();

  constructor(global: unknown, args: unknown) {
    this.global = global;
    this.args = args;
  }
}

/** What a pickle's objects become. */
export interface PickleHost {
  /** An object that lies outside the pickle. */
  persistent(id: unknown): unknown;
  /** The call of a global that is known; undefined for all others, which become `Inert`. */
  reduce(global: string, args: readonly unknown[]): unknown;
}

/** Maximum number of opcodes, and of values on the stack. */
const MAX_OPCODES = 2 ** 22;
const MAX_STACK = 2 ** 20;
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
    stack.push(value);
  };
  const make = (global: unknown, args: unknown): unknown => {
    const known =
      global instanceof Global && Array.isArray(args) ? host.reduce(global.name, args) : undefined;
    return known ?? new Inert(global, args);
  };
  const setItems = (to: unknown, pairs: readonly unknown[]) => {
    const map = to instanceof Inert ? to.items : to;
    if (!(map instanceof Map) || pairs.length % 2) throw bad('no dict');
    for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
  };
  const append = (to: unknown, values: readonly unknown[]) => {
    if (!(to instanceof Inert || Array.isArray(to))) throw bad('no list');
    for (const value of values) to instanceof Inert ? to.items.set(to.items.size, value) : to.push(value);
  };
  const name = (module: unknown, name: unknown) => {
    if (typeof module !== 'string' || typeof name !== 'string') throw bad('no name');
    return new Global(`${module} ${name}`);
  };

  for (let opcodes = 0; opcodes < MAX_OPCODES; opcodes++) {
    if (stack.length > MAX_STACK || marks.length > MAX_STACK)
      throw bad(`more than ${MAX_STACK} values on the stack`);
    const op = String.fromCharCode(bytes.u8());
    switch (op) {
      case '\x80': {
        const protocol = bytes.u8();
        if (protocol > 5) throw bad(`protocol ${protocol}, expected 0 to 5`);
        break;
      }
      case '\x95': // FRAME
        bytes.skip(8);
        break;
      case '.': {
        const value = pop();
        if (stack.length || marks.length) throw bad('values are left on the stack');
        return value;
      }
      case '(':
        marks.push(stack.length);
        break;
      case '0':
        if (marks.length && stack.length === marks.at(-1)) marks.pop();
        else pop();
        break;
      case '1':
        popMark();
        break;
      case '2':
        stack.push(top());
        break;

      case 'N':
        stack.push(null);
        break;
      case '\x88':
      case '\x89':
        stack.push(op === '\x88');
        break;
      case 'J':
        stack.push(bytes.u32() | 0);
        break;
      case 'K':
        stack.push(bytes.u8());
        break;
      case 'M':
        stack.push(bytes.u16());
        break;
      case '\x8a':
        stack.push(integerOf(bytes, bytes.u8()));
        break;
      case '\x8b':
        stack.push(integerOf(bytes, bytes.u32()));
        break;
      case 'G':
        stack.push(bytes.f64BigEndian());
        break;

      // numbers and texts of protocol 0 are lines
      case 'I':
      case 'L': {
        const text = bytes.line();
        stack.push(/^0[01]$/.test(text) ? text === '01' : integerIn(text));
        break;
      }
      case 'F':
        stack.push(Number(bytes.line()));
        break;
      case 'S':
        stack.push(unescaped(bytes.line().slice(1, -1)));
        break;
      case 'V':
        stack.push(unescaped(bytes.line(true)));
        break;

      case 'T': // texts of Python 2, too
      case 'X':
        stack.push(bytes.utf8(bytes.u32()));
        break;
      case 'U':
      case '\x8c':
        stack.push(bytes.utf8(bytes.u8()));
        break;
      case '\x8d':
        stack.push(bytes.utf8(bytes.u64()));
        break;
      case 'B':
        stack.push(bytes.take(bytes.u32()));
        break;
      case 'C':
        stack.push(bytes.take(bytes.u8()));
        break;
      case '\x8e': // BINBYTES8, BYTEARRAY8
      case '\x96':
        stack.push(bytes.take(bytes.u64()));
        break;

      case ']':
      case ')':
      case '\x8f': // EMPTY_SET
        stack.push([]);
        break;
      case '}':
        stack.push(new Map());
        break;
      case 'd': {
        const pairs = popMark();
        stack.push(new Map());
        setItems(top(), pairs);
        break;
      }
      case 'l':
      case 't':
      case '\x91': // FROZENSET
        stack.push(popMark());
        break;
      case '\x85':
      case '\x86':
      case '\x87':
        stack.push(popMany(op.charCodeAt(0) - 0x84));
        break;
      case 'a':
      case 'e':
      case '\x90': {
        // ADDITEMS
        const values = op === 'a' ? [pop()] : popMark();
        append(top(), values);
        break;
      }
      case 's':
      case 'u': {
        const pairs = op === 's' ? popMany(2) : popMark();
        setItems(top(), pairs);
        break;
      }

      case 'p':
        store(Number(bytes.line()));
        break;
      case 'q':
        store(bytes.u8());
        break;
      case 'r':
        store(bytes.u32());
        break;
      case '\x94':
        store(memo.size);
        break;
      case 'g':
        recall(Number(bytes.line()));
        break;
      case 'h':
        recall(bytes.u8());
        break;
      case 'j':
        recall(bytes.u32());
        break;

      case 'c':
      case 'i': {
        const module = bytes.line();
        const global = name(module, bytes.line());
        stack.push(op === 'c' ? global : make(global, popMark()));
        break;
      }
      case 'o': {
        const [global, ...args] = popMark();
        stack.push(make(global, args));
        break;
      }
      case '\x93': {
        const [module, of] = popMany(2);
        stack.push(name(module, of));
        break;
      }
      case 'R': // REDUCE, NEWOBJ, NEWOBJ_EX
      case '\x81':
      case '\x92': {
        const [global, args] = popMany(op === '\x92' ? 3 : 2);
        stack.push(make(global, args));
        break;
      }
      case 'b': {
        const state = pop();
        const of = top();
        // attributes of others, such as `_metadata` of an OrderedDict, are not needed
        if (of instanceof Inert) of.state = state;
        break;
      }
      case 'P':
      case 'Q':
        stack.push(host.persistent(op === 'P' ? bytes.line() : pop()));
        break;
      default:
        throw bad(`unknown opcode ${JSON.stringify(op)}`);
    }
  }
  throw bad(`more than ${MAX_OPCODES} opcodes`);
}

/** A little-endian integer in two's complement. */
function integerOf(bytes: Bytes, length: number): number | bigint {
  if (length > MAX_INTEGER) throw bytes.bad(`an integer of ${length} bytes, more than ${MAX_INTEGER}`);
  const digits = bytes.take(length).reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
  return exact(BigInt.asIntN(8 * length, digits));
}

/** An integer of digits, maybe with an L behind them. */
function integerIn(text: string): number | bigint {
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
