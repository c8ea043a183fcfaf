import {
  CONFIGURABLE_GRU,
  CONFIGURABLE_GRU_RESET_BEFORE,
  CONFIGURABLE_LSTM,
  CONFIGURABLE_RNN,
} from '../../wasm/generated/constants.ts';
import type { ConfigurableKind } from '../recurrent/configuration.ts';

/** An RNN with options. */
export const RNN_KIND: ConfigurableKind = {
  kind: CONFIGURABLE_RNN,
  states: { h: { output: true } },
  gates: ['h'],
  products: [1],
  slots: 1,
  hasOmega: true,
};

/** An LSTM with options. */
export const LSTM_KIND: ConfigurableKind = {
  kind: CONFIGURABLE_LSTM,
  states: { h: { output: true }, c: {} },
  gates: ['i', 'f', 'g', 'o'],
  products: [4],
  slots: 4,
};

/** A GRU with options. */
export const GRU_KIND: ConfigurableKind = {
  kind: CONFIGURABLE_GRU,
  states: { h: { output: true } },
  gates: ['r', 'z', 'n'],
  products: [2, 1],
  slots: 4,
};

/** A GRU with options whose reset gate acts on h before the product. */
export const RESET_BEFORE_KIND: ConfigurableKind = {
  ...GRU_KIND,
  kind: CONFIGURABLE_GRU_RESET_BEFORE,
  noLayerNorm: 'none with resetAfter: false, for which it is not defined',
};
