/** weight [V, E], ids [N]: [N, E]. */
export function gather(weight: Float64Array, ids: Int32Array, width: number): Float64Array {
  const y = new Float64Array(ids.length * width);
  for (let i = 0; i < ids.length; i++) {
    for (let j = 0; j < width; j++) y[i * width + j] = weight[ids[i]! * width + j]!;
  }
  return y;
}

/** The gradient of weight [V, E] from dY [N, E]; rows of an id that occurs twice add up. */
export function scatterAdd(dY: Float64Array, ids: Int32Array, vocab: number, width: number): Float64Array {
  const dWeight = new Float64Array(vocab * width);
  for (let i = 0; i < ids.length; i++) {
    for (let j = 0; j < width; j++) dWeight[ids[i]! * width + j]! += dY[i * width + j]!;
  }
  return dWeight;
}
