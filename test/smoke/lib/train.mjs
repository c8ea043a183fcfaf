/**
 * Trains a small LSTM for twelve steps and gives the bits of the losses in hexadecimal: the same text on every engine.
 * `unrolled`: the module's names; `options`: of `init`, besides the kernels.
 */
export async function train(unrolled, options = {}) {
  const { AdamW, crossEntropy, Embedding, init, Linear, LSTM, Sequential, Trainer } = unrolled;
  const { kernels } = await init({ kernels: 'simd', ...options });
  if (kernels !== 'simd') throw new Error(`${kernels} kernels`);
  const vocabulary = 13;
  const layers = [
    new Embedding(vocabulary, 6),
    new LSTM(6, 18, { numLayers: 2 }),
    new Linear(18, vocabulary),
  ];
  const model = new Sequential(layers, { seed: 5 });
  const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new AdamW({ lr: 0.02 }), clipNorm: 1 });
  const shape = [9, 5];
  const x = { data: Int32Array.from({ length: 45 }, (_, i) => (i * i + 3 * i) % vocabulary), shape };
  const y = { data: x.data.map((token) => (token * 5 + 1) % vocabulary), shape };
  const losses = Float64Array.from({ length: 12 }, () => trainer.step(x, y).loss);
  if (!(losses[11] < losses[0])) throw new Error(`the loss did not fall: ${[...losses]}`);
  const bits = new Uint32Array(losses.buffer);
  return [...bits].map((word) => word.toString(16).padStart(8, '0')).join('');
}
