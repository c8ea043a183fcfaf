import * as unrolled from 'unrolled';
import { WorkerTrainer } from 'unrolled/worker';
import { train, trainInWorker } from '../../../train.mjs';

export const dynamic = 'force-dynamic';

export async function GET() {
  try {
    return Response.json([await train(unrolled), await trainInWorker(unrolled, WorkerTrainer)]);
  } catch (error) {
    return Response.json([String(error?.stack ?? error)]);
  }
}
