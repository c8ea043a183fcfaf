// What a network does with some letters: its guesses, its units, and how far back each guess looks.
import { input, Model } from '../../../dist/index.js';

export class Reach {
  #model;
  #embedding;

  /** @param layers new ones, of the sizes of the model's */
  constructor({ cell, head, embedding }) {
    this.#embedding = embedding;
    const x = input({ features: embedding });
    const h = cell.apply(x).output;
    this.#model = new Model({ inputs: x, outputs: { logits: head.apply(h), h } });
  }

  /**
   * For letters x and those to be guessed, y, both [T]: `shares` of the guesses, [T, letters]; `h`, [T, units]; `reach`,
   * [T, T], of the loss of guess k the norm of the gradient with respect to letter t, as a share of that of letter k. One
   * pass for all guesses: row k of the batch has the loss of guess k only.
   */
  of(model, x, y) {
    const state = model.stateDict();
    const own = Object.entries(state).filter(([name]) => !name.startsWith('0.'));
    const renamed = own.map(([name, value]) => [name.replace(/^\d+/, (i) => i - 1), value]);
    this.#model.loadStateDict(Object.fromEntries(renamed));
    const [T, E] = [x.length, this.#embedding];
    const read = repeated(x, state['0.weight'].data, E);
    const { logits, h } = this.#model.forward({ data: read, shape: [T, T, E] }, { training: true });
    const [count, units] = [logits.shape[2], h.shape[2]];
    const shares = new Float32Array(T * count);
    const gradient = new Float32Array(logits.data.length);
    for (let k = 0; k < T; k++) {
      const at = (k * T + k) * count;
      const row = softmax(logits.data.subarray(at, at + count));
      shares.set(row, k * count);
      row[y[k]] -= 1;
      gradient.set(row, at);
    }
    const { data: dx } = this.#model.backward({ logits: { data: gradient, shape: logits.shape } });
    const norm = (t, k) => Math.hypot(...dx.subarray((t * T + k) * E, (t * T + k + 1) * E));
    const reach = Float32Array.from({ length: T * T }, (_, i) => {
      const [k, t] = [Math.floor(i / T), i % T];
      return t > k ? 0 : norm(t, k) / (norm(k, k) || 1);
    });
    // all rows read the same
    const first = Float32Array.from(
      { length: T * units },
      (_, i) => h.data[Math.floor(i / units) * T * units + (i % units)],
    );
    return { shares, reach, h: first };
  }
}

/** Vectors of letters, the same in each of T rows: [T, T, E]. */
function repeated(x, vectors, E) {
  const T = x.length;
  const out = new Float32Array(T * T * E);
  for (let t = 0; t < T; t++) {
    const vector = vectors.subarray(x[t] * E, (x[t] + 1) * E);
    for (let k = 0; k < T; k++) out.set(vector, (t * T + k) * E);
  }
  return out;
}

function softmax(logits) {
  const most = Math.max(...logits);
  const exps = logits.map((value) => Math.exp(value - most));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((value) => value / sum);
}
