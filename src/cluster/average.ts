import { parseSafetensors, serializeSafetensors, type Tensor } from '../io/safetensors.ts';

/** Checkpoints of the same training as one: the means of their tensors, summed in order; all else is that of the first. */
export function averaged(files: readonly Uint8Array[]): Uint8Array {
  if (files.length === 1) return files[0]!;
  const parsed = files.map((bytes) => parseSafetensors(bytes));
  const [first] = parsed;
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of first!.tensors) {
    const data = new Float32Array(tensor.data as Float32Array);
    for (const { tensors: others } of parsed.slice(1)) {
      const other = others.get(name)!.data as Float32Array;
      for (let i = 0; i < data.length; i++) data[i]! += other[i]!;
    }
    for (let i = 0; i < data.length; i++) data[i]! /= files.length;
    tensors.set(name, { ...tensor, data } as Tensor);
  }
  return serializeSafetensors(tensors, first!.metadata);
}
