// Delayed recall (after Hochreiter & Schmidhuber 1997): a symbol is shown at step 0, then come distractors, then a cue,
// at which the symbol must be named. The loss counts only at the cue.
import {
  AdamW,
  constant,
  crossEntropy,
  Embedding,
  Generator,
  GRU,
  Linear,
  LSTM,
  orthogonal,
  RNN,
  Sequential,
  Trainer,
  uniform,
} from 'unrolled';

export const SYMBOLS = 8;
const DISTRACTORS = 8;
export const CUE = SYMBOLS + DISTRACTORS;
/** Step of the cue; the sequence has one step more. */
export const DELAY = 60;
const BATCH = 32;
export const EMBEDDING = 16;
export const HIDDEN = 32;
const LR = 3e-3;
export const UPDATES = 1000;
/** Batches of fresh sequences for the accuracy: 512 sequences. */
const TESTS = 16;
/** Updates over which a loss is averaged. */
const SMOOTH = 25;

/**
 * Bias of a gate that keeps the state: σ(4) = 0.98, of which 0.34 is left after 60 steps. About the logarithm of the
 * delay (Tallec & Ollivier 2018).
 */
export const OPEN = 4;

/** Biases r z n of a GRU, in which z, which keeps the state, starts open. */
function openUpdateGate(shape, generator) {
  const bias = uniform(1 / Math.sqrt(HIDDEN))(shape, generator);
  bias.set(constant(OPEN)([HIDDEN], generator), HIDDEN);
  return bias;
}

/** The recurrent layers that are compared; all else is the same. */
export const CELLS = {
  RNN: () => new RNN(EMBEDDING, HIDDEN),
  'RNN, orthogonal W_hh': () => new RNN(EMBEDDING, HIDDEN, { init: { weight_hh: orthogonal() } }),
  'LSTM, forget bias 1': () => new LSTM(EMBEDDING, HIDDEN, { forgetBias: 1 }),
  'LSTM, forget bias 4': () => new LSTM(EMBEDDING, HIDDEN, { forgetBias: OPEN }),
  GRU: () => new GRU(EMBEDDING, HIDDEN),
  'GRU, update bias 4': () => new GRU(EMBEDDING, HIDDEN, { init: { bias_ih: openUpdateGate } }),
};

export const loss = crossEntropy({ ignoreIndex: -100 });

/** x, y: [DELAY + 1, BATCH]; y counts only at the cue. */
export function draw(generator) {
  const shape = [DELAY + 1, BATCH];
  const x = new Int32Array(shape[0] * BATCH);
  const y = new Int32Array(x.length).fill(-100);
  for (let b = 0; b < BATCH; b++) {
    const symbol = generator.integer(SYMBOLS);
    x[b] = symbol;
    for (let t = 1; t < DELAY; t++) x[t * BATCH + b] = SYMBOLS + generator.integer(DISTRACTORS);
    x[DELAY * BATCH + b] = CUE;
    y[DELAY * BATCH + b] = symbol;
  }
  return { x: { data: x, shape }, y: { data: y, shape } };
}

/** Trains a cell; gives the losses, the gradient's flow in the first update, and the accuracy on fresh sequences. */
export function recall(cell, seed = 1) {
  const model = new Sequential(
    [new Embedding(CUE + 1, EMBEDDING), CELLS[cell](), new Linear(HIDDEN, SYMBOLS)],
    { seed },
  );
  const trainer = new Trainer(model, {
    loss,
    optimizer: new AdamW({ lr: LR }),
    clipNorm: 1,
  });
  const generator = new Generator(1000 + seed);
  const losses = [];
  let flow;
  for (let i = 0; i < UPDATES; i++) {
    const { x, y } = draw(generator);
    const result = trainer.step(x, y, { flow: i === 0 });
    flow ??= result.flow;
    losses.push(result.loss);
  }
  const lossAfter = (update) =>
    losses.slice(update - SMOOTH, update).reduce((sum, loss) => sum + loss, 0) / SMOOTH;
  const accuracy = measure(model, new Generator(2000 + seed));
  model.dispose();
  return { accuracy, losses, lossAfter, flow: flow.layers[0] };
}

/** Share of symbols named right. */
function measure(model, generator) {
  let right = 0;
  for (let i = 0; i < TESTS; i++) {
    const { x, y } = draw(generator);
    const scores = model.forward(x).data.subarray(DELAY * BATCH * SYMBOLS);
    for (let b = 0; b < BATCH; b++) {
      const row = scores.subarray(b * SYMBOLS, (b + 1) * SYMBOLS);
      if (row.indexOf(Math.max(...row)) === y.data[DELAY * BATCH + b]) right++;
    }
  }
  return right / (TESTS * BATCH);
}
