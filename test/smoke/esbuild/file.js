import * as unrolled from 'unrolled';
import { WorkerTrainer } from 'unrolled/worker';
import { train, trainInWorker } from './train.mjs';

globalThis.smoke = (async () => [await train(unrolled), await trainInWorker(unrolled, WorkerTrainer)])();
