import type { OnnxFunction, OnnxNode, OnnxValueInfo } from './types.ts';

/** Fields of ONNX's messages that are read or written, by name: number in onnx.proto, and kind; `[]` for repeated ones. */
export const MESSAGES = {
  Model: {
    irVersion: [1, 'int'],
    producerName: [2, 'string'],
    producerVersion: [3, 'string'],
    graph: [7, 'Graph'],
    opsetImport: [8, 'OperatorSet[]'],
    metadataProps: [14, 'Entry[]'],
    functions: [25, 'Function[]'],
  },
  OperatorSet: { domain: [1, 'string'], version: [2, 'int'] },
  Entry: { key: [1, 'string'], value: [2, 'string'] },
  Graph: {
    node: [1, 'Node[]'],
    name: [2, 'string'],
    initializer: [5, 'Tensor[]'],
    input: [11, 'ValueInfo[]'],
    output: [12, 'ValueInfo[]'],
    sparseInitializer: [15, 'SparseTensor[]'],
  },
  Function: {
    name: [1, 'string'],
    input: [4, 'string[]'],
    output: [5, 'string[]'],
    node: [7, 'Node[]'],
    opsetImport: [9, 'OperatorSet[]'],
    domain: [10, 'string'],
    attributeProto: [11, 'Attribute[]'],
  },
  Node: {
    input: [1, 'string[]'],
    output: [2, 'string[]'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'Attribute[]'],
    domain: [7, 'string'],
  },
  Attribute: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int'],
    s: [4, 'string'],
    t: [5, 'Tensor'],
    g: [6, 'Graph'],
    floats: [7, 'float[]'],
    ints: [8, 'int[]'],
    strings: [9, 'string[]'],
    type: [20, 'int'],
    refAttrName: [21, 'string'],
    sparseTensor: [22, 'SparseTensor'],
  },
  Tensor: {
    dims: [1, 'int[]'],
    dataType: [2, 'int'],
    floatData: [4, 'float[]'],
    int32Data: [5, 'int[]'],
    int64Data: [7, 'int[]'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    doubleData: [10, 'double[]'],
    uint64Data: [11, 'int[]'],
    externalData: [13, 'Entry[]'],
    dataLocation: [14, 'int'],
  },
  // never read: it is refused
  SparseTensor: {},
  ValueInfo: { name: [1, 'string'], type: [2, 'Type'] },
  Type: { tensorType: [1, 'TensorType'] },
  TensorType: { elemType: [1, 'int'], shape: [2, 'Shape'] },
  Shape: { dim: [1, 'Dimension[]'] },
  Dimension: { dimValue: [1, 'int'], dimParam: [2, 'string'] },
} as const satisfies Record<string, Record<string, readonly [number: number, kind: string]>>;

/** Name of a message of ONNX. */
export type MessageName = keyof typeof MESSAGES;

interface Scalars {
  int: number;
  float: number;
  double: number;
  string: string;
  bytes: Uint8Array;
}

/** What messages become as soon as they are decoded. */
export interface Read {
  /** With its key among functions. */
  readonly Function: readonly [string, OnnxFunction];
  readonly Node: OnnxNode;
  readonly ValueInfo: OnnxValueInfo;
}

type FieldOf<K> = K extends `${infer E}[]`
  ? readonly FieldOf<E>[]
  : K extends keyof Scalars
    ? Scalars[K]
    : K extends keyof Read
      ? Read[K]
      : K extends MessageName
        ? Message<K> | undefined
        : never;

/** A message: absent scalars are 0 or '', absent repeated fields empty, absent messages and bytes undefined. */
export type Message<M extends MessageName> = {
  readonly [F in keyof (typeof MESSAGES)[M]]: (typeof MESSAGES)[M][F] extends readonly [number, infer K]
    ? K extends `${infer E}[]`
      ? readonly NonNullable<FieldOf<E>>[]
      : K extends 'bytes'
        ? Uint8Array | undefined
        : FieldOf<K>
    : never;
};

/** Element types of tensors: their numbers in TensorProto.DataType by name. */
export const DTYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

/** Name of an element type. */
export type OnnxDtype = keyof typeof DTYPES;

/** The name of an element type's number, or undefined. */
export function dtypeName(type: number): OnnxDtype | undefined {
  return (Object.keys(DTYPES) as OnnxDtype[]).find((name) => DTYPES[name] === type);
}
