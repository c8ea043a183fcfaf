import type { Model, Sequential } from '../index.ts';
import type { TensorInput } from '../io/index.ts';

/** A value of a model as files of inputs and outputs have it: as in the oracles of ONNX Runtime and Keras. */
export interface Value {
  readonly name: string;
  /** Element type in the words of NumPy, such as `float32`. */
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** An input or output. Sizes that are free are null or a name. */
export interface Port {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | string | null)[];
  /** Of indices: the size of the vocabulary, if it is known. */
  readonly below?: number;
}

/** A layer, as inspect shows it. */
export interface LayerRow {
  readonly name: string;
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** An operator of a graph: what it is, and the values it reads and gives, by name. */
export interface Operator {
  readonly op: string;
  readonly name: string;
  /** Those that are computed: no weights, no constants. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Number of operators in its branches or its body. */
  readonly inner: number;
}

/** What a model file is and holds. What a format does not have is left out. */
export interface Opened {
  /** The format in words, with what matters of it, such as `a PyTorch file (zip)`. */
  readonly format: string;
  /** Number of parameters, if not all elements of `tensors`. */
  readonly parameters?: number;
  /** Numbers of training state among the tensors. */
  readonly state?: number;
  readonly layers?: readonly LayerRow[];
  readonly inputs?: readonly Port[];
  readonly outputs?: readonly Port[];
  /** Titled rows of what only this format has. */
  readonly sections?: readonly { readonly title: string; readonly rows: readonly (readonly string[])[] }[];
  /** Each after those whose values it reads. */
  readonly operators?: readonly Operator[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tensors?: ReadonlyMap<string, TensorInput & { readonly dtype: string }>;
  /** Whether rows come first in its sequences: [B, T, features]. Files that are made of it have them in that order, too. */
  readonly batchFirst?: boolean;
  /** The layers model, made when it is asked for. Needs the kernels. */
  model?(): Promise<Sequential | Model>;
  /** Why it can't run, if it can't. */
  readonly whyNot?: string;
  /** Runs it, by default on numbers that are drawn. Values come and go in the file's own layout. Needs the kernels. */
  run?(inputs: readonly Value[] | undefined): Promise<readonly Value[]>;
}

/** A file, and those besides it. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  /** Its kind, as it was recognized. */
  readonly kind: string;
  /** The file, then the others in its folder, by their names in it; each is read when it is asked for, or its first `most` bytes. */
  folder(): ReadonlyMap<string, (most?: number) => Uint8Array>;
  /** Loads the kernels, where they are not loaded. */
  kernels(): Promise<unknown>;
}

/** How files of some kinds are opened. */
export interface Format {
  /** Names of the kinds, as `recognize` gives them. */
  readonly kinds: readonly string[];
  /** What a file is called that should be of this kind. */
  readonly expected: string;
  /** @throws {UnrolledError} if it is not valid */
  open(file: ModelFile): Promise<Opened>;
}
