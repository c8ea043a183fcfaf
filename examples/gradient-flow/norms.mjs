// ‖∂L/∂h_t‖ of delayed recall before the first update: three orthogonal W_hh, and an LSTM.
import {
  AdamW,
  Embedding,
  Generator,
  Linear,
  LSTM,
  normal,
  orthogonal,
  RNN,
  Sequential,
  Trainer,
} from 'unrolled';
import { CUE, draw, EMBEDDING, HIDDEN, loss, OPEN, SYMBOLS } from './recall.mjs';

/** Of the embedding: so small that tanh is nearly linear as long as W_hh does not make h grow. */
const INPUT = 1e-3;

const rnn = (gain) => () =>
  new RNN(EMBEDDING, HIDDEN, { bias: false, init: { weight_hh: orthogonal(gain) } });

/** The recurrent layers, by their sign in the chart. */
export const LAYERS = {
  a: { name: 'RNN, W_hh orthogonal × 0.5', make: rnn(0.5) },
  b: { name: 'RNN, W_hh orthogonal × 1.0', make: rnn(1) },
  c: { name: 'RNN, W_hh orthogonal × 1.5', make: rnn(1.5) },
  d: { name: 'LSTM, forget bias 4', make: () => new LSTM(EMBEDDING, HIDDEN, { forgetBias: OPEN }) },
};

/** How the gradient flows through a layer in its first update. */
export function flowOf(sign, seed = 1) {
  const embedding = new Embedding(CUE + 1, EMBEDDING, { init: normal(INPUT) });
  const model = new Sequential([embedding, LAYERS[sign].make(), new Linear(HIDDEN, SYMBOLS)], { seed });
  const trainer = new Trainer(model, { loss, optimizer: new AdamW() });
  const { x, y } = draw(new Generator(1000 + seed));
  const { flow } = trainer.step(x, y, { flow: true });
  model.dispose();
  return flow.layers[0];
}
