import * as unrolled from 'unrolled';
import { WorkerTrainer } from 'unrolled/worker';
import { train, trainInWorker } from './train.mjs';

console.log(await train(unrolled));
console.log(await trainInWorker(unrolled, WorkerTrainer));
