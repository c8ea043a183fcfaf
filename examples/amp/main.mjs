// An LSTM learns the sound of a guitar amplifier, sample by sample.
import { AdamW, cosineLR, init, Linear, LSTM, Sequential, Trainer } from 'unrolled';
import { amplifier, bestGain, guitar, rowsOf } from './guitar.mjs';

await init({ kernels: 'simd' });
const warmup = 200; // samples of a row of 800 that only fill the states
const dry = guitar(24, 1);
const wet = amplifier(dry);
const energy = wet.reduce((sum, y) => sum + y * y, 0) / wet.length;

/** The error-to-signal ratio: the energy of the error over that of the amplifier. */
const esr = {
  name: 'esr',
  targets: 'features',
  evaluate: (output, target, gradient) =>
    output.reduce((sum, y, i) => {
      if (gradient) gradient[i] = (2 * (y - target[i])) / energy;
      return sum + (y - target[i]) ** 2 / energy;
    }, 0),
};

const model = new Sequential([new LSTM(1, 20), new Linear(20, 1)], { seed: 1 });
const [optimizer, schedule] = [new AdamW({ lr: 1e-2 }), cosineLR({ steps: 800, floor: 0.02 })];
const trainer = new Trainer(model, { loss: esr, optimizer, schedule, clipNorm: 1, warmup });
await trainer.fit(rowsOf(dry, wet, { steps: 800, warmup }), { epochs: 20, batchSize: 16 });

const unheard = guitar(3, 2);
const { loss } = trainer.evaluate(unheard, amplifier(unheard));
console.log(`ESR of ${unheard.length} unheard samples: ${loss.toFixed(4)}`);
console.log(`of the best gain without a model: ${bestGain(unheard, amplifier(unheard)).toFixed(4)}`);
