import type { Fields } from '../formats/onnx/encode.ts';
import { DTYPES } from '../formats/onnx/schema.ts';

/** An attribute's value; lists of whole numbers are ints, of texts strings. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] };

/** Sizes of a value: fixed, or the name of a free one. */
export type Dims = readonly (number | string)[];

/** Number of an attribute's kind: AttributeProto.AttributeType. */
const [FLOAT, INT, STRING, FLOATS, INTS, STRINGS] = [1, 2, 3, 6, 7, 8];

/** Collects nodes, initializers, inputs and outputs of an ONNX graph. */
export class GraphBuilder {
  /** Domains of its operators, besides that of ONNX. */
  readonly domains = new Set<string>();
  readonly #nodes: Fields[] = [];
  readonly #initializers: Fields[] = [];
  readonly #inputs: Fields[] = [];
  readonly #outputs: Fields[] = [];
  readonly #constants = new Map<string, string>();
  #count = 0;

  /** Adds a node and returns the names of its outputs: those given, else new ones. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputs: readonly string[] = [this.name(op)],
    domain = '',
  ): string[] {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
    this.#nodes.push({
      input: inputs,
      output: outputs,
      name: `${op}_${this.#nodes.length}`,
      opType: op,
      domain,
      attribute,
    });
    if (domain) this.domains.add(domain);
    return [...outputs];
  }

  /** As `node`, of one output. */
  one(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, AttributeValue>>): string {
    return this.node(op, inputs, attributes)[0]!;
  }

  /** The dimensions of a value in another order. */
  transposed(x: string, ...perm: number[]): string {
    return this.one('Transpose', [x], { perm });
  }

  /** A new name. */
  name(of: string): string {
    return `${of.toLowerCase()}_${this.#count++}`;
  }

  /** Adds an initializer of float32, int8 or uint8. */
  weight(
    name: string,
    shape: readonly number[],
    data: Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer> | Uint8Array<ArrayBuffer>,
  ): string {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const dataType =
      data instanceof Int8Array ? DTYPES.int8 : data instanceof Uint8Array ? DTYPES.uint8 : DTYPES.float32;
    this.#initializers.push({ dims: shape, dataType, name, rawData });
    return name;
  }

  /** A constant of float32, once for equal ones. */
  scalar(value: number): string {
    return this.#constant(`f ${value}`, () => this.weight(this.name('constant'), [], Float32Array.of(value)));
  }

  /** A list of int64, once for equal ones. */
  ints(...values: number[]): string {
    return this.#constant(`i ${values}`, () => {
      const name = this.name('ints');
      const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      this.#initializers.push({ dims: [values.length], dataType: DTYPES.int64, name, rawData });
      return name;
    });
  }

  input(name: string, dims: Dims, type: 'float32' | 'int64' = 'float32'): void {
    this.#inputs.push(valueInfo(name, dims, type));
  }

  output(name: string, dims: Dims): void {
    this.#outputs.push(valueInfo(name, dims, 'float32'));
  }

  /** The graph as fields of a message. */
  build(name: string): Fields {
    return {
      node: this.#nodes,
      name,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    };
  }

  #constant(key: string, make: () => string): string {
    const name = this.#constants.get(key) ?? make();
    this.#constants.set(key, name);
    return name;
  }
}

function attributeOf(name: string, value: AttributeValue): Fields {
  if (typeof value === 'number') return { name, i: value, type: INT };
  if (typeof value === 'string') return { name, s: value, type: STRING };
  if ('floats' in value) return { name, floats: value.floats, type: FLOATS };
  if ('float' in value) return { name, f: value.float, type: FLOAT };
  if (typeof value[0] === 'string') return { name, strings: value, type: STRINGS };
  return { name, ints: value, type: INTS };
}

function valueInfo(name: string, dims: Dims, type: 'float32' | 'int64'): Fields {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: DTYPES[type], shape: { dim } } } };
}
