import { SCAN_MINGRU } from '../../wasm/generated/constants.ts';
import { gatesInOrder } from '../recurrent/gateTraces.ts';
import { scanCell } from '../recurrent/scanCell.ts';
import { inputParameters } from './inputParameters.ts';

/** assembly/scan/mingru.ts */
export const mingru = /* @__PURE__ */ scanCell({
  name: 'mingru',
  kind: SCAN_MINGRU,
  states: { h: { output: true } },
  gates: gatesInOrder({ z: 'sigmoid', n: 'identity' }, { ofArguments: true }),
  blocks: () => 2,
  parameters: (I, H) => inputParameters(2, I, H),
});
