import type { Mail } from './member.ts';
import type { NodeWorker } from './nodeWorker.ts';
import { SPAWNS } from './spawn.ts';

/** A thread of a pool that has said it is there. */
export class Thread {
  readonly #worker: Worker | NodeWorker;

  private constructor(worker: Worker | NodeWorker) {
    this.#worker = worker;
  }

  /**
   * Starts one. Undefined if the engine can't.
   * @param lost called when it ends by itself
   */
  static async start(lost: () => void): Promise<Thread | undefined> {
    for (const spawn of SPAWNS) {
      let worker: Worker | NodeWorker | undefined;
      try {
        worker = await spawn();
        if (await heard(worker, lost)) return new Thread(worker);
      } catch {
        // the next way
      }
      void worker?.terminate();
    }
    return undefined;
  }

  post(mail: Mail): void {
    this.#worker.postMessage(mail);
  }

  end(): void {
    void this.#worker.terminate();
  }
}

/** Whether it says something before it ends. */
function heard(worker: Worker | NodeWorker, lost: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    let there = false;
    const ready = () => {
      there = true;
      // an idle thread does not keep a process of Node
      if ('unref' in worker) worker.unref();
      resolve(true);
    };
    const fail = () => {
      if (there) lost();
      resolve(false);
    };
    if ('on' in worker) {
      worker.on('message', ready);
      worker.on('error', fail);
      worker.on('exit', fail);
    } else {
      worker.addEventListener('message', ready);
      worker.addEventListener('error', fail);
    }
  });
}
