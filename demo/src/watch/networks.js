// The two networks of the first tab: the same in all but their cells.
import {
  AdamW,
  crossEntropy,
  Embedding,
  Generator,
  Linear,
  LSTM,
  RNN,
  Sequential,
  Trainer,
} from '../../../dist/index.js';
import { LETTERS } from './letters.js';
import { Reach } from './reach.js';

export const HIDDEN = 32;
const EMBEDDING = 12;
/** T and B of an update. */
const STEPS = 38;
const BATCH = 16;
/** Characters of the book in a line, and of a line. */
const FILLING = 14;
export const LINE = FILLING + 5;
const LINES = 2500;
/** RNNs diverge at the rate at which gated cells learn fastest. */
const RATES = { RNN: 2e-3, LSTM: 6e-3 };

/** b_f = 3 lets 0.95 of a cell through each step: a gradient reaches back from the start (Tallec & Ollivier 2018). */
const cells = {
  RNN: () => new RNN(EMBEDDING, HIDDEN),
  LSTM: () => new LSTM(EMBEDDING, HIDDEN, { forgetBias: 3 }),
};

/**
 * Lines such as "k call me ishmae k.": the letter that opens a line closes it, with parts of a book in between. Only a
 * network that remembers can tell it.
 * @param {string} book a plain text
 */
export function linesOf(book) {
  const generator = new Generator(3);
  const draw = (n) => Math.floor(generator.uniform() * n);
  const line = () => {
    const at = book.indexOf(' ', draw(book.length - 100)) + 1;
    const letter = LETTERS[1 + draw(26)];
    return `${letter} ${book.slice(at, at + FILLING)} ${letter}.`;
  };
  return Array.from({ length: LINES }, line).join('');
}

export const NAMES = Object.keys(cells);

export function create(name, seed = 1) {
  const count = LETTERS.length;
  return new Sequential([new Embedding(count, EMBEDDING), cells[name](), new Linear(HIDDEN, count)], {
    seed,
  });
}

/** What tells how far the gradient of a network reaches. */
export function reachOf(name) {
  return new Reach({ cell: cells[name](), head: new Linear(HIDDEN, LETTERS.length), embedding: EMBEDDING });
}

/** A trainer with a rate that stays, so that it goes on for as long as one looks. */
export function trainerOf(name, model) {
  return new Trainer(model, { loss: crossEntropy, optimizer: new AdamW({ lr: RATES[name] }), clipNorm: 1 });
}

/** One update on rows that begin with a line, the same ones for a step whatever the network; gives the loss. */
export function update(trainer, text, step, line = LINE) {
  const generator = new Generator(step);
  const shape = [STEPS, BATCH];
  const [x, y] = [new Int32Array(STEPS * BATCH), new Int32Array(STEPS * BATCH)];
  for (let b = 0; b < BATCH; b++) {
    const from = line * Math.floor((generator.uniform() * text.length) / line);
    for (let t = 0; t < STEPS; t++) {
      x[t * BATCH + b] = text[(from + t) % text.length];
      y[t * BATCH + b] = text[(from + t + 1) % text.length];
    }
  }
  return trainer.step({ data: x, shape }, { data: y, shape }).loss;
}

/** What a network writes after a beginning. */
export function sample(model, prompt, length, seed) {
  const generator = new Generator(seed);
  const stream = model.stream();
  for (const token of prompt) stream.step(token);
  let text = '';
  for (let i = 0; i < length; i++) {
    const token = stream.sample(generator, 0.6);
    text += LETTERS[token];
    stream.step(token);
  }
  stream.dispose();
  return text;
}
