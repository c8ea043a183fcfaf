import { Dropout, Embedding, GRU, type Layer, Linear, LSTM, RNN, Sequential } from '../../src/index.ts';

export const V = 9;

/** Layers from `size` features to 11, of every kind that goes step by step. */
export const stepwise: [string, (size: number) => Layer[]][] = [
  ['relu rnn', (size) => [new RNN(size, 11, { nonlinearity: 'relu' })]],
  ['stacked lstm', (size) => [new LSTM(size, 11, { numLayers: 3 })]],
  ['gru', (size) => [new GRU(size, 11)]],
  ['gru without biases', (size) => [new GRU(size, 11, { bias: false })]],
  ['one of each', (size) => [new RNN(size, 7), new Dropout(0.3), new LSTM(7, 6), new GRU(6, 11)]],
  ['lstm with a projection and peepholes', (size) => [new LSTM(size, 13, { projSize: 11, peephole: true })]],
  [
    'lstm with zoneout and layer norm',
    (size) => [new LSTM(size, 11, { zoneout: { h: 0.2, c: 0.4 }, layerNorm: true })],
  ],
  ['gru that resets before the product', (size) => [new GRU(size, 11, { resetAfter: false, numLayers: 2 })]],
  ['rnn with heads and a clip', (size) => [new RNN(size, 12, { heads: 3, clip: 0.7 }), new Linear(12, 11)]],
];

/** A model of V indices. */
export function language(seed = 3): Sequential {
  return new Sequential(
    [new Embedding(V, 5), new LSTM(5, 8, { numLayers: 2 }), new Dropout(0.5), new Linear(8, V)],
    { seed },
  );
}
