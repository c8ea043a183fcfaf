import type { StreamPool, StreamSession } from '../../index.ts';

/** What is done with a session's output right after its step: `row` is its row in the pool. */
export type Take<T> = (output: Float32Array, row: number) => T;

interface Job {
  readonly session: StreamSession;
  readonly input: number | Float32Array;
  done(output: Float32Array, row: number): void;
  failed(error: unknown): void;
}

/** Steps of a batch at most: after each, connections, timers and signals get their turn, and its answers leave. */
const MOST = 32;

/** Collects the steps that are asked for, and runs a batch of them per turn of the event loop, in the order in which they came. */
export class Batcher {
  /** Number of batches run, and of steps in them. */
  batches = 0;
  steps = 0;
  readonly #pool: StreamPool;
  #waiting: Job[] = [];

  constructor(pool: StreamPool) {
    this.#pool = pool;
  }

  /** One step of a session, which has no other step waiting; the input was checked. */
  step<T>(session: StreamSession, input: number | Float32Array, take: Take<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const done = (output: Float32Array, row: number) => resolve(take(output, row));
      this.#waiting.push({ session, input, done, failed: reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#run());
    });
  }

  #run(): void {
    const jobs = this.#waiting.splice(0, MOST);
    if (this.#waiting.length) setImmediate(() => this.#run());
    let outputs: Float32Array;
    try {
      outputs = this.#pool.step(
        jobs.map(({ session }) => session),
        inputsOf(jobs),
      );
    } catch (error) {
      for (const job of jobs) job.failed(error);
      return;
    }
    this.batches++;
    this.steps += jobs.length;
    const size = outputs.length / jobs.length;
    for (const [row, job] of jobs.entries()) {
      try {
        job.done(outputs.subarray(row * size, (row + 1) * size), row);
      } catch (error) {
        job.failed(error);
      }
    }
  }
}

/** One index per job, or the features of all. */
function inputsOf(jobs: readonly Job[]): ArrayLike<number> {
  const [first] = jobs;
  if (typeof first!.input === 'number') return jobs.map(({ input }) => input as number);
  const size = first!.input.length;
  const all = new Float32Array(jobs.length * size);
  for (const [i, { input }] of jobs.entries()) all.set(input as Float32Array, i * size);
  return all;
}
