import { elements } from '../allocate.ts';
import { show } from '../errors.ts';
import { readNpy } from '../formats/npy/npy.ts';
import { UnrolledError } from '../index.ts';
import { type Tensor, toFloat32 } from '../io/index.ts';
import { recognize } from '../modelFiles/fileKind.ts';
import type { Value } from '../modelFiles/opened.ts';
import { CliError } from './failure.ts';
import { readInput, shown } from './files.ts';
import type { Io } from './io.ts';

/** NumPy's names of element types. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ F16: 'float32', BF16: 'float32', F32: 'float32', F64: 'float64', BOOL: 'bool' },
  ...{ I8: 'int8', I16: 'int16', I32: 'int32', I64: 'int64' },
  ...{ U8: 'uint8', U16: 'uint16', U32: 'uint32', U64: 'uint64' },
};

/** Names that a value's type may have. */
const NAMES: readonly string[] = ['float16', 'bfloat16', ...new Set(Object.values(TYPES))];

/** Values of a file, and what should come out. */
export interface Case {
  readonly inputs: readonly Value[];
  /** Undefined if the file has none. */
  readonly outputs?: readonly Value[] | undefined;
}

/**
 * Reads inputs, and outputs if they are there: JSON as `{ inputs: [{ name, type, dims, data }], outputs }`, or values by
 * name, or one or a list of them; or one array of NumPy.
 * @throws {CliError} if it is neither; the message starts with `path`
 */
export async function readValues(path: string, io: Io): Promise<Case> {
  const bytes = await readInput(path, io);
  const { name, what } = recognize(bytes);
  const bad = (why: string) => new CliError(`${shown(path)}: ${why}`);
  if (name === 'npy') {
    try {
      return { inputs: [fromTensor('x', readNpy(bytes))] };
    } catch (error) {
      if (!(error instanceof UnrolledError)) throw error;
      throw bad(error.message);
    }
  }
  let json: unknown;
  try {
    json = parsed(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw bad(
      what === 'JSON'
        ? `not valid JSON: ${(error as Error).message}`
        : `expected values as JSON or a NumPy array (.npy), but this looks like ${what}`,
    );
  }
  const isOne = Array.isArray((json as Partial<Value> | null)?.data);
  const given = Array.isArray(json) || isOne ? { inputs: isOne ? [json] : json } : json;
  const { inputs = given, outputs } = (given ?? {}) as { inputs?: unknown; outputs?: unknown };
  const list = (name: string, values: unknown): Value[] => {
    if (typeof values !== 'object' || values === null)
      throw bad(`expected values by name, or a list of them, got ${show(values)}`);
    const named = Array.isArray(values)
      ? typeof values[0] === 'object' && values[0] !== null && 'data' in values[0]
        ? values.map((value, i) => [value?.name ?? `${name}[${i}]`, value])
        : [[name, values]]
      : Object.entries(values);
    return named.map(([name, value]) => readValue(String(name), value, bad));
  };
  return {
    inputs: list('x', inputs).map((value) => checkType(value, bad)),
    ...(outputs === undefined ? {} : { outputs: list('output', outputs) }),
  };
}

/** A value: `{ type, dims, data }`, or nested lists of numbers. */
function readValue(name: string, given: unknown, bad: (why: string) => CliError): Value {
  const isLists = Array.isArray(given);
  const {
    type = 'float32',
    dims,
    data,
  } = (isLists ? flattened(name, given, bad) : (given ?? {})) as Partial<Value>;
  const isNumber = (value: unknown) => typeof value === 'number' || typeof value === 'boolean';
  const numbers = Array.isArray(data) ? data.map((value) => special(value)) : [];
  if (!Array.isArray(data) || !numbers.every(isNumber)) throw bad(`${name}.data: expected a list of numbers`);
  const sizes = dims ?? [data.length];
  const isSize = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  if (!Array.isArray(sizes) || !sizes.every(isSize) || elements(sizes) !== data.length)
    throw bad(`${name}.dims: expected sizes of ${data.length} numbers`);
  return { name, type, dims: sizes, data: numbers.map(Number) };
}

/** The value, whose type has its numbers. @throws {CliError} if it has not */
function checkType(value: Value, bad: (why: string) => CliError): Value {
  const { name, type, data } = value;
  if (!NAMES.includes(type)) throw bad(`${name}.type: expected ${NAMES.join(', ')}, got ${show(type)}`);
  const [, unsigned, bits] = type === 'bool' ? ['', 'u', '1'] : (/^(u?)int(\d+)$/.exec(type) ?? []);
  if (bits === undefined) return value;
  const span = 2 ** (Number(bits) - (unsigned ? 0 : 1));
  const least = unsigned ? 0 : -span;
  const numbers = data as readonly number[];
  const wrong = numbers.findIndex((one) => !(Number.isInteger(one) && one >= least && one <= span - 1));
  if (wrong >= 0)
    throw bad(`${name}.data[${wrong}]: expected a number of type ${type}, got ${numbers[wrong]}`);
  return value;
}

/** JSON, also with NaN and Infinity, as Python writes it; these become texts. @throws {SyntaxError} */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const strict = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (part) =>
      part.startsWith('"') ? part : `"${part}"`,
    );
    if (strict === text) throw error;
    return JSON.parse(strict);
  }
}

/** Numbers that JSON lacks, as texts. */
function special(value: unknown): unknown {
  return typeof value === 'string' && /^-?(\d+|Infinity|inf|NaN|nan)$/.test(value)
    ? Number(value.replace('inf', 'Infinity').replace('nan', 'NaN'))
    : value;
}

/** Nested lists as a value. @throws {CliError} if those of a dimension are not of the same length */
function flattened(name: string, lists: readonly unknown[], bad: (why: string) => CliError): Partial<Value> {
  const dims: number[] = [];
  let data: readonly unknown[] = [lists];
  while (data.some(Array.isArray)) {
    const lengths = data.map((list) => (Array.isArray(list) ? list.length : undefined));
    const odd = lengths.findIndex((length) => length !== lengths[0]);
    if (odd >= 0) {
      let [place, at] = ['', odd];
      for (const size of dims.toReversed()) {
        place = `[${at % size}]${place}`;
        at = Math.floor(at / size);
      }
      const words = (length: number | undefined) =>
        length === undefined ? 'a number' : `a list of ${length}`;
      throw bad(`${name}${place}: expected ${words(lengths[0])}, as before it, got ${words(lengths[odd])}`);
    }
    dims.push(lengths[0]!);
    data = data.flat();
  }
  return { dims, data: data as number[] };
}

/** A tensor as a value. */
export function fromTensor(name: string, { dtype, shape, data }: Tensor): Value {
  const isHalf = dtype === 'F16' || dtype === 'BF16';
  return { name, type: TYPES[dtype]!, dims: shape, data: isHalf ? toFloat32({ dtype, data }) : data };
}
