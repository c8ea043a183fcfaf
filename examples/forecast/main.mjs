// A GRU forecasts the next 12 hours of temperature from the last 48, and stops when it gets no better.
import { AdamW, GRU, init, LastStep, Linear, mse, Sequential, Trainer } from 'unrolled';
import { Normalizer, windows } from 'unrolled/data';
import { repeating, temperatures } from './weather.mjs';

await init({ kernels: 'simd' });
const hours = temperatures(3 * 365, 1);
const ends = [0, 0.7, 0.85, 1].map((part) => Math.round(part * hours.length));
const normalizer = Normalizer.fit(hours.subarray(0, ends[1]));
const [training, validation, test] = [0, 1, 2].map((i) => {
  const part = normalizer.apply(hours.subarray(ends[i], ends[i + 1]));
  return windows(part, { steps: 48, horizon: 12, stride: 3 });
});

const model = new Sequential([new GRU(1, 32), new LastStep(), new Linear(32, 12)], { seed: 1 });
const trainer = new Trainer(model, { loss: mse, optimizer: new AdamW({ lr: 3e-3 }), clipNorm: 1 });
const early = { validation, patience: 3, restoreBest: true };
const { bestEpoch, history } = await trainer.fit(training, { epochs: 50, batchSize: 32, ...early });

const { metrics } = await trainer.validate(test, { batchSize: 500, metrics: ['rmse'] });
const degrees = (rmse) => `${(rmse * normalizer.scale[0]).toFixed(2)} °C`;
console.log(`stopped after epoch ${history.length} of 50; epoch ${bestEpoch} was the best`);
console.log(`root mean squared error on the last months: ${degrees(metrics.rmse)}`);
console.log(
  `as the last hour: ${degrees(repeating(test, 1))}; as a day before: ${degrees(repeating(test, 24))}`,
);
