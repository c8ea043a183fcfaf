const vocabulary = 13;
const shape = [9, 5];
const x = { data: Int32Array.from({ length: 45 }, (_, i) => (i * i + 3 * i) % vocabulary), shape };
const y = { data: x.data.map((token) => (token * 5 + 1) % vocabulary), shape };

/**
 * Trains a small LSTM for twelve steps and gives the bits of the losses in hexadecimal: the same text on every engine.
 * `unrolled`: the module's names; `options`: of `init`, besides the kernels.
 */
export async function train(unrolled, options = {}) {
  const { AdamW, crossEntropy, Trainer } = unrolled;
  const model = await smallModel(unrolled, options);
  const optimizer = new AdamW({ lr: 0.02 });
  return losses(new Trainer(model, { loss: crossEntropy, optimizer, clipNorm: 1 }));
}

/** The same in a worker of unrolled/worker. */
export async function trainInWorker(unrolled, WorkerTrainer, how) {
  const model = await smallModel(unrolled, {});
  const optimizer = { name: 'adamw', lr: 0.02 };
  const options = { loss: 'crossEntropy', optimizer, clipNorm: 1, kernels: 'simd' };
  const trainer = await WorkerTrainer.create(model, options, how);
  const bits = await losses(trainer);
  await trainer.terminate?.();
  return bits;
}

async function smallModel({ Embedding, init, Linear, LSTM, Sequential }, options) {
  const { kernels } = await init({ kernels: 'simd', ...options });
  if (kernels !== 'simd') throw new Error(`${kernels} kernels`);
  const layers = [
    new Embedding(vocabulary, 6),
    new LSTM(6, 18, { numLayers: 2 }),
    new Linear(18, vocabulary),
  ];
  return new Sequential(layers, { seed: 5 });
}

async function losses(trainer) {
  const all = new Float64Array(12);
  for (let i = 0; i < all.length; i++) all[i] = (await trainer.step(x, y)).loss;
  if (!(all[11] < all[0])) throw new Error(`the loss did not fall: ${[...all]}`);
  return [...new Uint32Array(all.buffer)].map((word) => word.toString(16).padStart(8, '0')).join('');
}
