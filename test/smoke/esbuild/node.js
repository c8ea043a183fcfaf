import * as unrolled from 'unrolled';
import { WorkerTrainer } from 'unrolled/worker';
import { train, trainInWorker } from './train.mjs';

(async () => console.log(`${await train(unrolled)}\n${await trainInWorker(unrolled, WorkerTrainer)}`))();
