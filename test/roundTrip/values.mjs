/** A value as inputs and outputs of other programs are written. */
export function listed(name, { data, shape }) {
  return { name, dims: [...shape], data: Array.from(data) };
}

/** [T, B, …] as [B, T, …]; what has no steps as it is. */
export function batchFirst({ data, shape }) {
  if (shape.length < 2 || (shape.length === 2 && !(data instanceof Int32Array))) return { data, shape };
  const [a, b, ...rest] = shape;
  const n = rest.reduce((x, y) => x * y, 1);
  const out = new data.constructor(data.length);
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < n; k++) out[(j * a + i) * n + k] = data[(i * b + j) * n + k];
  return { data: out, shape: [b, a, ...rest] };
}

/** Largest difference, relative to the largest value. @throws if shapes differ */
export function largestError(found, wanted) {
  if (`${found.shape}` !== `${wanted.shape}`)
    throw new Error(`shape [${found.shape}], expected [${wanted.shape}]`);
  let [error, largest] = [0, 1e-3];
  for (const [i, value] of wanted.data.entries()) {
    const difference = Math.abs(found.data[i] - value);
    if (!(difference <= error)) error = difference;
    largest = Math.max(largest, Math.abs(value));
  }
  return error / largest;
}
