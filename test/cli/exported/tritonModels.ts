import * as u from '../../../src/index.ts';

/** Models that `convert --to triton` writes, by name. */
export const TRITON_MODELS: Readonly<Record<string, () => u.Sequential | u.Model>> = {
  text: () =>
    new u.Sequential([new u.Embedding(9, 4), new u.LSTM(4, 6, { numLayers: 2 }), new u.Linear(6, 9)]),
  series: () => new u.Sequential([new u.GRU(3, 5), new u.RNN(5, 4), new u.Linear(4, 2)]),
  'without states': () => new u.Sequential([new u.Linear(3, 2), new u.Activation('tanh')]),
  speaker: () => {
    const [x, who] = [u.input({ features: 3 }), u.input({ indices: 4, steps: false })];
    const h0 = new u.Embedding(4, 5).apply(who);
    const { output } = new u.GRU(3, 5).apply(x, { h0 });
    return new u.Model({ inputs: { x, who }, outputs: { y: new u.Linear(5, 2).apply(output) } });
  },
};
