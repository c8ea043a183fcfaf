import type { ActivationKind } from '../activations.ts';
import { GRU_KIND, LSTM_KIND, RESET_BEFORE_KIND, RNN_KIND } from '../layers/cells/configurable.ts';
import type { ConfigurableKind } from '../layers/recurrent/configuration.ts';
import type { Classes } from './classes.ts';

/** How a class of cells is run by the kernels. */
export interface Family {
  readonly kind: ConfigurableKind;
  /** Gates in equal blocks: of each block in our order, its place in TF.js's. */
  readonly blocks: readonly number[];
  /** Whether the bias is [2, G], of the input and of the state, instead of [G]. */
  readonly hasStateBias?: boolean | undefined;
  /** Activations in the order of the kernels, gates, then what the cell's state passes: `activation` or `recurrentActivation`, by their first letter. */
  readonly activations: string;
}

/** By class of the cell. TF.js has an LSTM's gates in the order i f c o and a GRU's in the order z r h. */
export function familiesOf(classes: Classes): ReadonlyMap<unknown, Family> {
  const gru: Family = { kind: RESET_BEFORE_KIND, blocks: [1, 0, 2], activations: 'rra' };
  return new Map<unknown, Family>([
    [classes.SimpleRNNCell, { kind: RNN_KIND, blocks: [0], activations: 'a' }],
    [classes.LSTMCell, { kind: LSTM_KIND, blocks: [0], activations: 'rrara' }],
    [classes.GRUCell, gru],
    [classes.ResetAfterCell, { ...gru, kind: GRU_KIND, hasStateBias: true }],
  ]);
}

/** What the kernels take for no activation. */
export const IDENTITY: ActivationKind = { kind: 0, alpha: 0, beta: 0 };
