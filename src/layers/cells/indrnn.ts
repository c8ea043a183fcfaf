import { uniform } from '../../init/initializers.ts';
import { SCAN_INDRNN_RELU, SCAN_INDRNN_TANH } from '../../wasm/generated/constants.ts';
import type { Cell } from '../recurrent/cell.ts';
import { gatesInOrder } from '../recurrent/gateTraces.ts';
import { scanCell } from '../recurrent/scanCell.ts';

const KINDS = { relu: SCAN_INDRNN_RELU, tanh: SCAN_INDRNN_TANH };

/** assembly/scan/indrnn.ts */
export function indrnn(nonlinearity: 'relu' | 'tanh'): Cell {
  return scanCell({
    name: 'indrnn',
    kind: KINDS[nonlinearity],
    states: { h: { output: true } },
    gates: gatesInOrder({ h: nonlinearity }),
    blocks: () => 1,
    parameters: (inputSize, hiddenSize) => {
      const init = uniform(1 / Math.sqrt(hiddenSize));
      return {
        weight_ih: { shape: [hiddenSize, inputSize], init },
        weight_hh: { shape: [hiddenSize], init: uniform(0, 1) },
        bias_ih: { shape: [hiddenSize], init, isBias: true },
      };
    },
    weights: 'weight_hh',
  });
}
