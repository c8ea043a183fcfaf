import { uniform } from '../../init/initializers.ts';
import type { ParameterKinds } from '../recurrent/cell.ts';

/** Parameters of a cell whose gates see only its input: uniform in ±1/√inputSize. */
export function inputParameters(gates: number, inputSize: number, hiddenSize: number) {
  const init = uniform(1 / Math.sqrt(inputSize));
  return {
    weight_ih: { shape: [gates * hiddenSize, inputSize], init },
    bias_ih: { shape: [gates * hiddenSize], init, isBias: true },
  } satisfies ParameterKinds;
}
