import { constant, uniform } from '../../init/initializers.ts';
import { SCAN_SRU } from '../../wasm/generated/constants.ts';
import { gatesInOrder } from '../recurrent/gateTraces.ts';
import { scanCell } from '../recurrent/scanCell.ts';

/** A fourth block projects the skip connection if the input's size differs from that of c. */
const blocks = (inputSize: number, hiddenSize: number) => (inputSize === hiddenSize ? 3 : 4);

/** assembly/scan/sru.ts: h is the output, not a state. */
export const sru = /* @__PURE__ */ scanCell({
  name: 'sru',
  kind: SCAN_SRU,
  states: { c: {} },
  gates: gatesInOrder({ u: 'identity', f: 'sigmoid', r: 'sigmoid' }, { ofArguments: true }),
  blocks,
  parameters: (inputSize, hiddenSize) => ({
    weight_ih: {
      shape: [blocks(inputSize, hiddenSize) * hiddenSize, inputSize],
      init: uniform(Math.sqrt(3 / inputSize)),
    },
    weight_c: { shape: [2 * hiddenSize], init: uniform(1 / Math.sqrt(hiddenSize)) },
    bias_ih: { shape: [2 * hiddenSize], init: constant(0), isBias: true },
  }),
  weights: 'weight_c',
});
