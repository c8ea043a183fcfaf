import { uniform } from '../../init/initializers.ts';
import { SCAN_MINLSTM } from '../../wasm/generated/constants.ts';
import { gatesInOrder } from '../recurrent/gateTraces.ts';
import { scanCell } from '../recurrent/scanCell.ts';

/** assembly/scan/minlstm.ts */
export const minlstm = /* @__PURE__ */ scanCell({
  name: 'minlstm',
  kind: SCAN_MINLSTM,
  states: { h: { output: true } },
  gates: gatesInOrder({ f: 'sigmoid', i: 'sigmoid', g: 'identity' }, { ofArguments: true }),
  blocks: () => 3,
  parameters: (inputSize, hiddenSize) => {
    const init = uniform(1 / Math.sqrt(inputSize));
    return {
      weight_ih: { shape: [3 * hiddenSize, inputSize], init },
      bias_ih: { shape: [3 * hiddenSize], init, isBias: true },
    };
  },
});
