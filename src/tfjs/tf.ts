// The part of TF.js that is used here, as types of our own: TF.js is never imported. 4.22 is the tested version.

/** Values of a tensor: float32, int32 or bool. */
export type Values = Float32Array | Int32Array | Uint8Array;

/** A tensor as kernels take and return it. */
export interface TensorInfo {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: string;
}

/** A tensor. */
export interface Tensor extends TensorInfo {
  readonly id: number;
  readonly size: number;
  readonly isDisposed: boolean;
  clone(): Tensor;
  dispose(): void;
}

/** A tensor that is assigned to. `assign` takes over the data of the new value, so the same dataId means the same values. */
export interface Variable extends Tensor {
  dataSync(): Values;
  assign(value: Tensor): void;
}

/** A class in the registry of what can be saved, and the function that makes an object of it from its config. */
export type Registered = [type: unknown, fromConfig: (...args: never[]) => unknown];

/** A weight of a layer. */
export interface LayerVariable {
  readonly name: string;
  read(): Variable;
}

/** What keeps the data of tensors. */
export interface Backend {
  epsilon(): number;
  readSync(dataId: object): Values;
  write(values: Values, shape: number[], dtype: string): object;
  /** Of the wasm backend: a view of a tensor's values on its memory. */
  typedArrayFromHeap?(tensor: TensorInfo): Values;
}

/** `tf.engine()`. */
export interface Engine {
  readonly backend: Backend;
  readonly state: {
    readonly gradientDepth: number;
    readonly activeTape: readonly unknown[] | null | undefined;
  };
  readonly registeredVariables: Readonly<Record<string, Variable>>;
  backendNames(): string[];
  readonly registryFactory: Readonly<Record<string, object>>;
  makeTensorFromTensorInfo(info: TensorInfo): Tensor;
  isTapeOn(): boolean;
  readSync(dataId: object): Values;
  /** Counts data no longer. */
  removeDataId(dataId: object, backend: Backend): void;
  runKernel(name: string, inputs: Record<string, Tensor>, attributes: object): Tensor | Tensor[];
}

/** Arguments of a kernel. */
export interface KernelCall {
  readonly inputs: Record<string, TensorInfo>;
  readonly attrs: object;
  readonly backend: Backend;
}

/** A kernel of a backend. */
export interface Kernel {
  readonly kernelName: string;
  readonly backendName: string;
  readonly kernelFunc: (call: KernelCall) => TensorInfo | TensorInfo[];
}

/** Gradients by input, computed only when they are called. */
export type LazyGradients = Record<string, () => Tensor>;

/** An activation of a cell. */
export interface Activation {
  getClassName(): string;
  apply(x: Tensor): Tensor;
}

/** A layer. */
export interface Layer {
  readonly name: string;
  call(inputs: unknown, kwargs: unknown): Tensor | Tensor[];
  getClassName(): string;
}

/** A cell of a recurrent layer. Which fields it has depends on its class. */
export interface RnnCell extends Layer {
  readonly units: number;
  readonly stateSize: number | number[];
  readonly kernel: LayerVariable;
  readonly recurrentKernel: LayerVariable;
  readonly bias: LayerVariable | null;
  readonly activation: Activation | null;
  readonly recurrentActivation: Activation;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly dropoutFunc: ((ones: Tensor, rate: number) => Tensor) | null | undefined;
  dropoutMask: Tensor | Tensor[] | null;
  recurrentDropoutMask: Tensor | Tensor[] | null;
  /** Of StackedRNNCells. */
  readonly cells?: readonly RnnCell[] | undefined;
}

/** A recurrent layer. */
export interface RnnLayer extends Layer {
  readonly cell: RnnCell;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly states_: Tensor[] | null;
  readonly unroll: boolean;
  resetStates(states?: Tensor[] | null, training?: boolean): void;
  getInitialState(inputs: Tensor): Tensor[];
}

/** A class whose methods are replaced. */
export interface Patched {
  readonly prototype: object;
}

/** The gradient of a kernel. */
export interface Gradient {
  readonly kernelName: string;
  readonly gradFunc: (dy: Tensor | Tensor[], saved: Tensor[], attributes: object) => LazyGradients;
}

/** What is used of TF.js. */
export interface TensorFlow {
  readonly RNN: Patched;
  readonly LayersModel: Patched;
  readonly SGDOptimizer: Patched;
  readonly MomentumOptimizer: Patched;
  readonly AdamOptimizer: Patched;
  readonly AdamaxOptimizer: Patched;
  readonly RMSPropOptimizer: Patched;
  readonly AdagradOptimizer: Patched;
  readonly AdadeltaOptimizer: Patched;
  readonly serialization: {
    readonly SerializationMap: { getMap(): { readonly classNameMap: Record<string, Registered> } };
  };
  readonly layers: Record<string, (args: never) => unknown>;
  readonly version_layers?: string | undefined;
  readonly version_core?: string | undefined;
  engine(): Engine;
  getBackend(): string;
  ready(): Promise<void>;
  /** Done when it returns, if the backend has been in use before. */
  setBackend(name: string): Promise<boolean>;
  findBackend(name: string): Backend | null;
  registerBackend(name: string, factory: () => Backend, priority: number): boolean;
  removeBackend(name: string): void;
  getKernelsForBackend(name: string): Kernel[];
  registerKernel(kernel: Kernel): void;
  unregisterKernel(kernelName: string, backendName: string): void;
  getKernel(kernelName: string, backendName: string): Kernel | undefined;
  getGradient(kernelName: string): Gradient;
  registerGradient(config: Gradient): void;
  unregisterGradient(kernelName: string): void;
  tidy<T>(f: () => T): T;
  keep<T extends Tensor>(tensor: T): T;
  ones(shape: number[]): Tensor;
  fill(shape: number[], value: number): Tensor;
  variable(value: Tensor, trainable: boolean): Variable;
  scalar(value: number): Tensor;
  clipByValue(x: Tensor, least: number, most: number): Tensor;
  add(a: Tensor, b: Tensor | number): Tensor;
  sub(a: Tensor | number, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor | number): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  reshape(x: Tensor, shape: number[]): Tensor;
  split(x: Tensor, parts: number, axis: number): Tensor[];
  unstack(x: Tensor): Tensor[];
  dropout(x: Tensor, rate: number): Tensor;
  tensor(values: Values, shape: number[], dtype?: string): Tensor;
}
