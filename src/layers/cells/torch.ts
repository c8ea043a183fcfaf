import { uniform } from '../../init/initializers.ts';
import type { ParameterKinds } from '../recurrent/cell.ts';

/** Parameters of torch.nn's cells, rows by gate: uniform in ±1/√hiddenSize. */
export function torchParameters(gates: number, inputSize: number, hiddenSize: number) {
  const init = uniform(1 / Math.sqrt(hiddenSize));
  const rows = gates * hiddenSize;
  return {
    weight_ih: { shape: [rows, inputSize], init },
    weight_hh: { shape: [rows, hiddenSize], init },
    bias_ih: { shape: [rows], init, isBias: true },
    bias_hh: { shape: [rows], init, isBias: true },
  } satisfies ParameterKinds;
}
