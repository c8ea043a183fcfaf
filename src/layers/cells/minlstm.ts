import { SCAN_MINLSTM } from '../../wasm/generated/constants.ts';
import { gatesInOrder } from '../recurrent/gateTraces.ts';
import { scanCell } from '../recurrent/scanCell.ts';
import { inputParameters } from './inputParameters.ts';

/** assembly/scan/minlstm.ts */
export const minlstm = /* @__PURE__ */ scanCell({
  name: 'minlstm',
  kind: SCAN_MINLSTM,
  states: { h: { output: true } },
  gates: gatesInOrder({ f: 'sigmoid', i: 'sigmoid', g: 'identity' }, { ofArguments: true }),
  blocks: () => 3,
  parameters: (I, H) => inputParameters(3, I, H),
});
