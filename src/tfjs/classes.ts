import { type ResetAfterCell, resetAfterCell } from './resetAfter.ts';
import type { Layer, RnnCell, RnnLayer, TensorFlow } from './tf.ts';

/** Classes of TF.js's recurrent layers and cells, which it does not export. */
export interface Classes {
  readonly RNN: unknown;
  readonly LSTM: unknown;
  readonly GRU: unknown;
  readonly SimpleRNN: unknown;
  readonly LSTMCell: unknown;
  readonly GRUCell: unknown;
  /** Of a GRU with `resetAfter: true`: derived from GRUCell. */
  readonly ResetAfterCell: ResetAfterCell;
  readonly SimpleRNNCell: unknown;
  readonly StackedRNNCells: unknown;
  readonly Bidirectional: unknown;
  readonly TimeDistributed: unknown;
}

/** The classes, from layers made for this. They have a name, so that the names of other layers do not change. */
export function classesOf(tf: TensorFlow): Classes {
  const make = (factory: string, args: object) =>
    (tf.layers[factory] as unknown as (args: object) => Layer)({ name: 'unrolled', ...args });
  const [lstm, gru, simpleRNN] = (['lstm', 'gru', 'simpleRNN'] as const).map(
    (factory) => make(factory, { units: 1 }) as RnnLayer,
  );
  const wrapped = { layer: simpleRNN };
  return {
    RNN: tf.RNN,
    LSTM: lstm!.constructor,
    GRU: gru!.constructor,
    SimpleRNN: simpleRNN!.constructor,
    LSTMCell: lstm!.cell.constructor,
    GRUCell: gru!.cell.constructor,
    ResetAfterCell: resetAfterCell(tf, gru!.cell.constructor),
    SimpleRNNCell: simpleRNN!.cell.constructor,
    StackedRNNCells: (make('stackedRNNCells', { cells: [] as RnnCell[] }) as RnnCell).constructor,
    Bidirectional: make('bidirectional', wrapped).constructor,
    TimeDistributed: make('timeDistributed', wrapped).constructor,
  };
}
