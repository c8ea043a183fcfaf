import { MESSAGES, type MessageName } from '../../src/formats/onnx/schema.ts';

/** Fields of a message by name; graphs and nodes inside it likewise. */
export type Fields = { readonly [name: string]: unknown };

function varint(value: number): number[] {
  const out: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  do {
    out.push(Number(left & 127n) | (left > 127n ? 128 : 0));
    left >>= 7n;
  } while (left);
  return out;
}

/** A message of ONNX, for files that no program writes. */
export function encode(message: MessageName, fields: Fields): number[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    const [number, kind] = (MESSAGES[message] as Record<string, readonly [number, string]>)[name]!;
    const values = kind.endsWith('[]') ? (value as unknown[]) : [value];
    return values.flatMap((own) => one(number, kind.replace('[]', ''), own));
  });
}

function one(number: number, kind: string, value: unknown): number[] {
  if (kind === 'int') return [8 * number, ...varint(value as number)].flatMap((v, i) => (i ? v : varint(v)));
  if (kind === 'float') {
    return [...varint(8 * number + 5), ...new Uint8Array(Float32Array.of(value as number).buffer)];
  }
  const bytes =
    kind === 'string'
      ? [...new TextEncoder().encode(value as string)]
      : kind === 'bytes'
        ? [...(value as Uint8Array)]
        : encode(kind as MessageName, value as Fields);
  return [...varint(8 * number + 2), ...varint(bytes.length), ...bytes];
}

/** A model of opset 13 with a graph. */
export function model(graph: Fields, more: Fields = {}): Uint8Array {
  return Uint8Array.from(encode('Model', { irVersion: 8, opsetImport: [{ version: 13 }], graph, ...more }));
}

/** An input or output of float32. */
export function port(name: string, dims?: readonly (number | string)[]): Fields {
  const dim = dims?.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: 1, ...(dim ? { shape: { dim } } : {}) } } };
}

/** An attribute of the type that its value has. */
export function attribute(name: string, value: number | string | readonly number[]): Fields {
  if (typeof value === 'string') return { name, type: 3, s: value };
  return typeof value === 'number' ? { name, type: 2, i: value } : { name, type: 7, ints: value };
}

/** A constant of int64. */
export const integers = (name: string, values: readonly number[]): Fields => ({
  name,
  dims: [values.length],
  dataType: 7,
  int64Data: values,
});

/** A constant of float32 whose elements are all `value`. */
export const floats = (name: string, dims: readonly number[], value = 0.5): Fields => ({
  name,
  dims,
  dataType: 1,
  floatData: new Array(dims.reduce((a, b) => a * b, 1)).fill(value),
});
