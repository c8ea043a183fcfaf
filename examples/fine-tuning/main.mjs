// A model of motions is fine-tuned for a sensor that is worn another way: its first layer stays as it is.
import { AdamW, crossEntropy, GRU, init, LastStep, Linear, Sequential, Trainer } from 'unrolled';
import { motions } from './motions.mjs';

await init({ kernels: 'simd' });
const [upright, turned] = [motions(500, { seed: 2 }), motions(500, { seed: 3, turned: true })];
const percent = async (trainer, list) => {
  const { metrics } = await trainer.validate(list, { batchSize: 100, metrics: ['accuracy'] });
  return `${(100 * metrics.accuracy).toFixed(1)} %`;
};

const layers = [new GRU(3, 32), new GRU(32, 32), new LastStep(), new Linear(32, 5)];
const first = new Trainer(new Sequential(layers, { seed: 1 }), {
  loss: crossEntropy,
  optimizer: new AdamW({ lr: 5e-3 }),
});
await first.fit(motions(2000, { seed: 1 }), { epochs: 5, batchSize: 32 });
console.log(
  `accuracy ${await percent(first, upright)}, with the sensor turned ${await percent(first, turned)}`,
);

const model = Sequential.load(first.save());
const before = model.stateDict();
const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new AdamW({ lr: 1e-2 }), frozen: ['0'] });
await trainer.fit(motions(100, { seed: 4, turned: true }), { epochs: 40, batchSize: 20 });
console.log(`after fine-tuning with 100 measurements ${await percent(trainer, turned)}`);
const changed = Object.entries(model.stateDict()).filter(([name, { data }]) => {
  return data.some((value, i) => !Object.is(value, before[name].data[i]));
});
console.log(`changed: ${changed.map(([name]) => name).join(', ')}`);
