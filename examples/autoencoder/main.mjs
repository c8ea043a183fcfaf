// An LSTM autoencoder learns what heartbeats look like, and finds the one that does not.
import { AdamW, init, input, Linear, LSTM, Model, mse, RepeatVector, Trainer } from 'unrolled';
import { heartbeats } from './heartbeats.mjs';

await init({ kernels: 'simd' });
const beat = input({ features: 1 });
const { hN, cN } = new LSTM(1, 32, { forgetBias: 1 }).apply(beat); // the beat in 32 numbers
const repeated = new RepeatVector().apply(hN, beat);
const { output } = new LSTM(32, 32, { forgetBias: 1 }).apply(repeated, { h0: hN, c0: cN });
const model = new Model({ inputs: beat, outputs: new Linear(32, 1).apply(output) }, { seed: 1 });

const trainer = new Trainer(model, { loss: mse, optimizer: new AdamW({ lr: 3e-3 }), clipNorm: 1 });
const healthy = heartbeats(1000, { seed: 1 }).map((x) => ({ x, y: x }));
await trainer.fit(healthy, { epochs: 20, batchSize: 16 });

const patient = heartbeats(200, { seed: 2, planted: 137 });
const errors = patient.map((x) => trainer.evaluate(x, x).loss);
const [worst, second] = errors.map((error, i) => ({ error, i })).sort((a, b) => b.error - a.error);
console.log(`beat ${worst.i} is unlike the others: its error is ${worst.error.toFixed(3)},`);
console.log(`the next largest ${second.error.toFixed(3)}`);
