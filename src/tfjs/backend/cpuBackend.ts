import type { Backend, TensorInfo, Values } from '../tf.ts';
import type { Data } from './data.ts';

/** TF.js's storage of data by dataId. `get` moves what lies in another backend. */
interface Storage {
  get(dataId: object): Data;
  set(dataId: object, data: Data): void;
  has(dataId: object): boolean;
  delete(dataId: object): void;
}

/** The part of TF.js's cpu backend that is used here. */
export interface CpuBackend extends Backend {
  readonly data: Storage;
  incRef(dataId: object): void;
  disposeData(dataId: object, force?: boolean): boolean;
  dispose(): void;
  makeTensorInfo(shape: number[], dtype: string, values: Values): TensorInfo;
  move(dataId: object, values: Values, shape: number[], dtype: string, refCount: number): void;
}
