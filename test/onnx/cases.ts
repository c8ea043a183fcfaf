import type { OnnxSession } from '../../src/onnxSession/session.ts';
import type { OnnxOutputs } from '../../src/onnxSession/tensors.ts';

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** A tensor of a case. */
export interface CaseTensor {
  readonly dtype: keyof typeof ARRAYS;
  readonly shape: number[];
  readonly data: ArrayLike<number | bigint>;
}

/** A model with inputs and outputs in the order of its graph. */
export interface Case {
  readonly name: string;
  readonly model: Uint8Array;
  readonly inputs: readonly CaseTensor[];
  readonly outputs: readonly CaseTensor[];
}

/** The cases of test/fixtures/onnx/NAME.cases, as generate.py there writes them; in Node and in a browser. */
export async function readCases(name: string): Promise<Case[]> {
  const here = import.meta.url;
  const url = new URL(`../fixtures/onnx/${name}.cases`, here);
  if (!globalThis.process?.versions?.node)
    return parse(new Uint8Array(await (await fetch(url)).arrayBuffer()));
  const { readFile } = await import('node:fs/promises');
  return parse(new Uint8Array(await readFile(url)));
}

function parse(bytes: Uint8Array): Case[] {
  const cases: Case[] = [];
  let at = 0;
  const take = (count: number) => bytes.slice(at, (at += count));
  const tensor = ([dtype, ...shape]: [keyof typeof ARRAYS, ...number[]]): CaseTensor => {
    const array = ARRAYS[dtype];
    const data = take(shape.reduce((a, b) => a * b, 1) * array.BYTES_PER_ELEMENT);
    return { dtype, shape, data: new array(data.buffer) };
  };
  while (at < bytes.length) {
    const length = new DataView(take(4).buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(take(length)));
    const model = take(header.model);
    cases.push({
      name: header.name,
      model,
      inputs: header.in.map(tensor),
      outputs: header.out.map(tensor),
    });
  }
  return cases;
}

/** Runs a session on the inputs of a case. */
export function runCase(session: OnnxSession, { inputs }: Case): OnnxOutputs {
  return session.run(Object.fromEntries(session.inputs.map(({ name }, i) => [name, inputs[i]!])));
}

/** The largest difference between an output and what was expected, by the largest value that was expected. */
export function errorOf(data: ArrayLike<number | bigint>, expected: CaseTensor): number {
  const wanted = Array.from(expected.data, (v) =>
    expected.dtype === 'float16' ? half(Number(v)) : Number(v),
  );
  const largest = Math.max(0, ...wanted.filter(Number.isFinite).map(Math.abs));
  const differences = wanted.map((v, i) => {
    const got = Number(data[i]);
    return got === v || Object.is(got, v) ? 0 : Math.abs(got - v);
  });
  const worst = Math.max(0, ...differences.map((d) => (Number.isNaN(d) ? Number.POSITIVE_INFINITY : d)));
  return worst && worst / Math.max(largest, 1e-3);
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14);
}
