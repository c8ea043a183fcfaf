import { project, projectBack, weightGradient } from './layer.ts';
import { addBias, columnSums } from './rows.ts';

export interface LinearParams {
  inputSize: number;
  outputSize: number;
  /** [O, I] */
  weight: Float64Array;
  /** [O], absent = zeros */
  bias?: Float64Array | undefined;
}

/** x [N, I]: [N, O]. */
export function forward(p: LinearParams, x: Float64Array): Float64Array {
  const y = project(x, p.weight, p.inputSize);
  addBias(y, p.bias);
  return y;
}

/** x [N, I], dY [N, O]. */
export function backward(
  p: LinearParams,
  x: Float64Array,
  dY: Float64Array,
): { dX: Float64Array; dWeight: Float64Array; dBias: Float64Array } {
  return {
    dX: projectBack(dY, p.weight, p.inputSize),
    dWeight: weightGradient(dY, x, p.outputSize, p.inputSize),
    dBias: columnSums(dY, p.outputSize),
  };
}
