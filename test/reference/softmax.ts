/** softmax of each of m rows of n, in float64. */
export function softmax(n: number, x: Float64Array, scale = 1): Float64Array {
  return byRow(n, x, (row) => {
    const largest = Math.max(...row);
    const e = row.map((v) => Math.exp((v - largest) * scale));
    const sum = e.reduce((a, b) => a + b, 0);
    return e.map((v) => v / sum);
  });
}

/** Its logarithm. */
export function logSoftmax(n: number, x: Float64Array): Float64Array {
  return byRow(n, x, (row) => {
    const largest = Math.max(...row);
    const sum = Math.log(row.reduce((s, v) => s + Math.exp(v - largest), 0));
    return row.map((v) => v - largest - sum);
  });
}

/** dx of y = softmax(x) from dy. */
export function softmaxBackward(n: number, dy: Float64Array, y: Float64Array): Float64Array {
  return y.map((v, k) => v * (dy[k]! - dot(n, k, dy, y)));
}

/** dx of y = log softmax(x) from dy. */
export function logSoftmaxBackward(n: number, dy: Float64Array, y: Float64Array): Float64Array {
  const one = new Float64Array(dy.length).fill(1);
  return dy.map((d, k) => d - Math.exp(y[k]!) * dot(n, k, dy, one));
}

/** Σ a·b of the row that element k is in. */
function dot(n: number, k: number, a: Float64Array, b: Float64Array): number {
  const from = k - (k % n);
  let sum = 0;
  for (let i = from; i < from + n; i++) sum += a[i]! * b[i]!;
  return sum;
}

function byRow(n: number, x: Float64Array, f: (row: Float64Array) => Float64Array): Float64Array {
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i += n) y.set(f(x.subarray(i, i + n)), i);
  return y;
}
