import type { Mail } from './member.ts';
import type { NodeWorker } from './nodeWorker.ts';
import { SPAWNS } from './spawn.ts';

/** How long one has to start, in ms. Browsers say nothing of one that was ended before. */
const LONGEST_START_MS = 30_000;

/** A thread of a pool that has said it is there. */
export class Thread {
  readonly #worker: Worker | NodeWorker;
  #tells = false;

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

  /** Looks at it while it runs, without which Node does not tell later whether it is gone. */
  look(): void {
    if (!this.#tells) this.#tells = this.#idle! > 0;
  }

  /** Whether it will tell that it is gone. */
  get tells(): boolean {
    return this.#tells;
  }

  /** Whether it runs no more, also before any event says so. False where that can't be told: only Node tells. */
  get isGone(): boolean {
    return this.#idle === -1;
  }

  get #idle(): number | undefined {
    if (!('performance' in this.#worker)) return undefined;
    return this.#worker.performance?.eventLoopUtilization?.().idle;
  }
}

/** Whether it says something before it ends. */
function heard(worker: Worker | NodeWorker, lost: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    let there = false;
    const late = setTimeout(() => resolve(false), LONGEST_START_MS);
    const ready = () => {
      there = true;
      clearTimeout(late);
      // an idle thread does not keep a process of Node
      if ('unref' in worker) worker.unref();
      resolve(true);
    };
    const fail = () => {
      clearTimeout(late);
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
