'use client';

import { useEffect } from 'react';
import * as unrolled from 'unrolled';
import { WorkerTrainer } from 'unrolled/worker';
import { train, trainInWorker } from '../train.mjs';

export function Training() {
  useEffect(() => {
    globalThis.smoke = (async () => [
      await train(unrolled),
      await trainInWorker(unrolled, WorkerTrainer),
    ])().catch((error) => [String(error)]);
  }, []);
  return <p>Training</p>;
}
