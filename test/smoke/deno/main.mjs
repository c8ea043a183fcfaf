import * as unrolled from 'unrolled';
import { WorkerTrainer } from 'unrolled/worker';
import { train, trainInWorker } from './train.mjs';

console.log(await train(unrolled));
console.log(await trainInWorker(unrolled, WorkerTrainer));

// neither keeps the process
const { threads } = await unrolled.init({ threads: 2 });
await WorkerTrainer.create(new unrolled.Sequential([new unrolled.LSTM(2, 3)]), {
  loss: 'mse',
  optimizer: { name: 'adam' },
});
console.log(threads);
