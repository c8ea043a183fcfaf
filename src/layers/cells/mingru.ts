import { uniform } from '../../init/initializers.ts';
import { SCAN_MINGRU } from '../../wasm/generated/constants.ts';
import { gatesInOrder } from '../recurrent/gateTraces.ts';
import { scanCell } from '../recurrent/scanCell.ts';

/** assembly/scan/mingru.ts */
export const mingru = /* @__PURE__ */ scanCell({
  name: 'mingru',
  kind: SCAN_MINGRU,
  states: { h: { output: true } },
  gates: gatesInOrder({ z: 'sigmoid', n: 'identity' }, { ofArguments: true }),
  blocks: () => 2,
  parameters: (inputSize, hiddenSize) => {
    const init = uniform(1 / Math.sqrt(inputSize));
    return {
      weight_ih: { shape: [2 * hiddenSize, inputSize], init },
      bias_ih: { shape: [2 * hiddenSize], init, isBias: true },
    };
  },
});
