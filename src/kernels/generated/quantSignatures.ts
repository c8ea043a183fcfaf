import type { QuantCalls } from '../../wasm/generated/quantCalls.ts';

/** Names and kinds of each kernel's arguments. */
export const QUANT_SIGNATURES: Readonly<Record<keyof QuantCalls, string>> = {
  quant_conv1d: 'windows:p I:i O:i planes:i x:p state:p last:p w:p b:p y:p columns:p work:p',
  quant_gather: 'm:i n:i k:i w:p index:p y:p',
  quant_linear: 'm:i n:i k:i planes:i x:p w:p b:p y:p work:p',
  quant_recurrent: 'kind:i T:i B:i I:i H:i planes:i sizes:p x:p wIh:p wHh:p bias:p h:p c:p y:p gates:p chunk:i work:p',
};
