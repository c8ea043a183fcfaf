/**
 * Reads the tensors of files that PyTorch wrote. Needs no WebAssembly and no `init()`.
 * @module unrolled/torch
 */

export { ArgumentError, FormatError } from '../../errors.ts';
export type { Tensor } from '../../io/dtype.ts';
export type { TorchGroup } from './groups.ts';
export { readTorch, type TorchFile, type TorchOptions } from './readTorch.ts';
export { type Layers, type StateDict, stateDictOf } from './stateDict.ts';
export type { TorchValue } from './values.ts';
