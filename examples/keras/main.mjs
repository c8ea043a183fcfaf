// A forecast that Keras trained on slow waves: of fast ones as it is, and after training here.
import { readFile } from 'node:fs/promises';
import { Adam, init, mse, Trainer } from 'unrolled';
import { windows } from 'unrolled/data';
import { loadKeras } from 'unrolled/keras';

await init({ kernels: 'simd' });
const model = await loadKeras(await readFile(new URL('wave.keras', import.meta.url))); // made by wave.py
console.log(model.summary());
const wave = (period) => Float32Array.from({ length: 300 }, (_, t) => Math.sin((2 * Math.PI * t) / period));
const [slow, fast] = [31.4, 9].map((period) => windows(wave(period), { steps: 20 }));

const trainer = new Trainer(model, { loss: mse, optimizer: new Adam({ lr: 5e-3 }) });
const error = ({ x, y }) => Math.sqrt(trainer.evaluate(x, y).loss).toFixed(3);
console.log(`error of slow waves ${error(slow)}, of fast ones ${error(fast)}`);
await trainer.fit(fast, { epochs: 10, batchSize: 32 });
console.log(`error of fast waves after training ${error(fast)}`);
