/** Numbers of a file and their shape, row-major. */
export interface Tensor {
  /** Sizes, the fastest last. */
  readonly shape: readonly number[];
  /** Numbers, row-major. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** A matrix [rows, columns] as [columns, rows]. */
export function transposed({ shape, data }: Tensor): Tensor {
  const [rows, columns] = shape as readonly [number, number];
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!;
  return { shape: [columns, rows], data: out };
}

/** The same numbers in another shape. */
export function reshaped({ data }: Tensor, ...shape: number[]): Tensor {
  return { shape, data };
}

/** Equal parts of a tensor along its first dimension. */
export function split({ shape, data }: Tensor, parts: number): Tensor[] {
  const [first, ...rest] = shape as readonly [number, ...number[]];
  const length = data.length / parts;
  return Array.from({ length: parts }, (_, i) => {
    return { shape: [first / parts, ...rest], data: data.slice(i * length, (i + 1) * length) };
  });
}

/** Tensors one after the other along their first dimension. */
export function joined(tensors: readonly Tensor[]): Tensor {
  const [, ...rest] = tensors[0]!.shape;
  const data = new Float32Array(tensors.reduce((sum, each) => sum + each.data.length, 0));
  let at = 0;
  for (const each of tensors) {
    data.set(each.data, at);
    at += each.data.length;
  }
  return { shape: [tensors.reduce((sum, { shape }) => sum + shape[0]!, 0), ...rest], data };
}
