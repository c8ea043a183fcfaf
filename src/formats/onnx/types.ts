/** Values of a tensor: floats for the floating-point types, integers for all others; int64 is clamped to 32 bits. */
export type TensorData = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** A tensor of a file. */
export interface OnnxTensor {
  /** Name of the tensor. */
  readonly name: string;
  /** Number of its element type. */
  readonly dtype: number;
  /** Sizes. */
  readonly shape: readonly number[];
  /** Elements, the last dimension fastest. */
  readonly data: TensorData;
}

/** An attribute of a node. */
export interface OnnxAttribute {
  /** Value of a float attribute. */
  readonly f: number;
  /** Value of an integer attribute. */
  readonly i: number;
  /** Value of a string attribute. */
  readonly s: string;
  /** Values of a list of floats. */
  readonly floats: readonly number[];
  /** Values of a list of integers. */
  readonly ints: readonly number[];
  /** Values of a list of strings. */
  readonly strings: readonly string[];
  /** Value of a tensor attribute. */
  readonly tensor: OnnxTensor | undefined;
  /** Value of a graph attribute, such as a branch of an If. */
  readonly graph: OnnxGraph | undefined;
  /** In a function: the attribute of the call that it stands for; '' for none. */
  readonly ref: string;
}

/** A node of a graph. */
export interface OnnxNode {
  /** Operator, such as `LSTM`. */
  readonly op: string;
  /** Domain of the operator; empty for that of ONNX. */
  readonly domain: string;
  /** Name of the node; may be empty. */
  readonly name: string;
  /** Names of its inputs; '' where one is left out. */
  readonly inputs: readonly string[];
  /** Names of its outputs; empty where one is left out. */
  readonly outputs: readonly string[];
  /** Attributes by name. */
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  /** Names of outer values that its subgraphs read. */
  readonly captures: ReadonlySet<string>;
}

/** An input or output of a graph. */
export interface OnnxValueInfo {
  /** Name of the value. */
  readonly name: string;
  /** Number of its element type, 0 where the file does not say. */
  readonly dtype: number;
  /** Sizes; a name or null where one is free. undefined: the file does not say. */
  readonly shape: readonly (number | string | null)[] | undefined;
}

/** A graph: nodes that its outputs need, each after those it reads. */
export interface OnnxGraph {
  /** Name of the graph. */
  readonly name: string;
  /** Inputs without initializers. */
  readonly inputs: readonly OnnxValueInfo[];
  /** Outputs, in order. */
  readonly outputs: readonly OnnxValueInfo[];
  /** Nodes, in an order in which they can run. */
  readonly nodes: readonly OnnxNode[];
  /** Constants by name. */
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  /** Names of outer values that it reads. */
  readonly captures: ReadonlySet<string>;
}

/** A function of a model: nodes with named inputs and outputs. */
export interface OnnxFunction {
  /** Names of its inputs. */
  readonly inputs: readonly string[];
  /** Names of its outputs. */
  readonly outputs: readonly string[];
  /** Nodes, in an order in which they can run. */
  readonly nodes: readonly OnnxNode[];
  /** Default values of its attributes. */
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  /** Versions of its operator sets by domain. */
  readonly opsets: ReadonlyMap<string, number>;
}
