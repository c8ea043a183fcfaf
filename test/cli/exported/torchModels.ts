import * as u from '../../../src/index.ts';

/** Graphs that `convert --to torch` writes, by name. */
export const TORCH_MODELS: Readonly<Record<string, () => u.Sequential | u.Model>> = {
  residual: () => {
    const x = u.input({ features: 4 });
    const once = new u.Add().apply(new u.GRU(4, 4, { name: 'gru' }).apply(x).output, x);
    const twice = new u.Add().apply(once, new u.Linear(4, 4).apply(new u.LayerNorm(4).apply(once)), x);
    return new u.Model(
      { inputs: x, outputs: new u.Linear(4, 2).apply(new u.LastStep().apply(twice)) },
      { seed: 1 },
    );
  },
  translation: () => {
    const [source, target] = [u.input({ indices: 7 }), u.input({ indices: 6 })];
    const fact = u.input({ features: 3, steps: false });
    const embedding = new u.Embedding(7, 4, { name: 'words "a"' } as never);
    const options = { numLayers: 2, bidirectional: true } as const;
    const encoder = new u.LSTM(4, 3, options).apply(embedding.apply(source));
    const decoder = new u.LSTM(4, 6, { numLayers: 2 }).apply(new u.Embedding(6, 4).apply(target), {
      h0: encoder.hN,
      c0: encoder.cN,
    });
    const gate = new u.Activation('sigmoid').apply(new u.Linear(3, 6).apply(fact));
    const gated = new u.Multiply().apply(decoder.output, new u.RepeatVector().apply(gate, decoder.output));
    const next = new u.Linear(12, 6).apply(new u.Concat().apply(gated, decoder.output));
    const repeated = new u.GRU(6, 2).apply(new u.RepeatVector(3).apply(gate), {
      h0: new u.Linear(3, 2).apply(fact),
    });
    return new u.Model(
      {
        inputs: { source, target, fact },
        outputs: { next, 'last "one"': repeated.hN, steps: repeated.output },
      },
      { seed: 1 },
    );
  },
  'only c0': () => {
    const [x, c0] = [u.input({ features: 2 }), u.input({ features: 5, steps: false })];
    const { output } = new u.LSTM(2, 5).apply(x, { c0 });
    return new u.Model({ inputs: { x, c0 }, outputs: { output } }, { seed: 1 });
  },
  'a chain with names': () =>
    new u.Sequential(
      [new u.Embedding(5, 3, { name: 'words' } as never), new u.Linear(3, 2, { name: 'out' })],
      { seed: 1 },
    ),
  'a chain with a tied weight': () => {
    const words = new u.Embedding(5, 3);
    return new u.Sequential([words, new u.GRU(3, 3), new u.Linear({ tied: words })], { seed: 1 });
  },
  'a graph with a tied weight': () => {
    const [x, words] = [u.input({ indices: 5 }), new u.Embedding(5, 3, { name: 'words' } as never)];
    const hidden = new u.GRU(3, 3).apply(words.apply(x)).output;
    const outputs = new u.Linear(3, 5, { tied: words, bias: false }).apply(hidden);
    return new u.Model({ inputs: x, outputs }, { seed: 1 });
  },
};

/** What they are called with: T 4, other sequences one step more each, B 3. */
export const TORCH_INPUTS: Readonly<Record<string, object>> = {
  residual: features(4, 3, 4),
  translation: { source: indices(7, 4), target: indices(6, 5), fact: features(3, 3) },
  'only c0': { x: features(4, 3, 2), c0: features(3, 5) },
  'a chain with names': indices(5, 4),
  'a chain with a tied weight': indices(5, 4),
  'a graph with a tied weight': indices(5, 4),
};

function features(...shape: number[]) {
  const length = shape.reduce((a, b) => a * b, 1);
  return { data: Float32Array.from({ length }, (_, i) => Math.sin(i + 1)), shape };
}

function indices(below: number, steps: number) {
  return { data: Int32Array.from({ length: steps * 3 }, (_, i) => (i * 5) % below), shape: [steps, 3] };
}
