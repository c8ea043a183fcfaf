// Programs that the suites of unrolled/cluster start: `node program.mjs NAME CONNECTION …`.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { ClusterTrainer, startWorker } from '../../../dist/cluster/index.js';
import { init } from '../../../dist/index.js';
import { check } from './check.mjs';
import { batch, makeModel, SHORT, TRAINING } from './shared.mjs';
import { full, poisoned, refused, second, sweep } from './troubles.mjs';

const PROGRAMS = {
  /** A worker, until it is killed. */
  async worker(connection) {
    const worker = await startWorker({ connection, lockDuration: SHORT });
    await worker.ended;
  },

  /**
   * A coordinator that goes on from `file`, if there is one, and makes `steps` updates; a checkpoint after each. The last
   * one waits for the file `go`.
   */
  async coordinator(connection, file, steps, go = connection) {
    await init({ kernels: 'simd' });
    const options = { ...TRAINING, shards: 4, connection, lockDuration: SHORT };
    const trainer = new ClusterTrainer(makeModel(), options);
    if (existsSync(file)) trainer.restore(readFileSync(file));
    while (trainer.steps < Number(steps)) {
      while (trainer.steps === steps - 1 && !existsSync(go))
        await new Promise((resolve) => setTimeout(resolve, 20));
      await trainer.step(...batch(trainer.steps));
      writeFileSync(`${file}.new`, trainer.save());
      renameSync(`${file}.new`, file);
    }
    await trainer.close();
  },

  /** What the fast suite compares, as JSON. */
  async check(connection) {
    console.log(JSON.stringify(await check(connection)));
  },

  full,
  poisoned,
  refused,
  second,
  sweep,
};

const [, , name, ...args] = process.argv;
await PROGRAMS[name](...args);
