import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('program.mjs', import.meta.url));

/** A process of program.mjs, or of another script. */
export class Program {
  readonly process: ChildProcess;
  #said = '';
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; said: string }>;

  constructor(name: string, ...args: string[]) {
    this.process = spawn(process.execPath, [...(name.endsWith('.js') ? [] : [PROGRAM]), name, ...args]);
    for (const stream of [this.process.stdout!, this.process.stderr!])
      stream.on('data', (data) => {
        this.#said += data;
      });
    this.ended = new Promise((resolve) =>
      this.process.once('close', (code, signal) => resolve({ code, signal, said: this.#said })),
    );
  }

  get isOver(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}

/** A number of workers; one that is killed is replaced. */
export class Workers {
  readonly #connection: string;
  readonly #workers: Program[];

  constructor(connection: string, count: number) {
    this.#connection = connection;
    this.#workers = Array.from({ length: count }, () => this.#start());
  }

  #start(): Program {
    return new Program('worker', this.#connection);
  }

  async replace(i: number): Promise<void> {
    await this.#workers[i]!.kill();
    this.#workers[i] = this.#start();
  }

  get length(): number {
    return this.#workers.length;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()));
  }
}
