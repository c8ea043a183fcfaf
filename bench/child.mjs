import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const worker = fileURLToPath(new URL('./worker.mjs', import.meta.url));

/** What became of a question that took too long: the process is ended with it. */
export class Timeout extends Error {}

/** The process of an engine; made on the first question, and anew after it was ended. */
export class Child {
  /** @param {import('./engines/index.mjs').Engine} engine */
  constructor(engine) {
    this.engine = engine;
    this.versions = {};
  }

  /** Starts it. @throws {Error} why the engine can't be had here */
  async open() {
    const { flags = [], module, options } = this.engine;
    this.process = fork(worker, {
      execArgv: flags,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
    });
    let errors = '';
    this.process.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-4000);
    });
    this.process.on('message', (message) => this.answer?.(message));
    this.process.on('exit', (code) => {
      this.process = undefined;
      const line = errors.split('\n').find((text) => /error|bad option/i.test(text));
      this.answer?.({ error: `the process ended with ${code}${line ? `: ${line.trim()}` : ''}` });
    });
    const { versions } = await this.#send({ op: 'open', module, options }, 60_000);
    this.versions = versions;
  }

  /**
   * @param {string} op
   * @param {object} [message]
   * @param {number} [limit] ms
   * @throws {Timeout} after so long
   */
  async ask(op, message = {}, limit = 60_000) {
    if (!this.process) await this.open();
    return this.#send({ op, ...message }, limit);
  }

  #send(message, limit) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.end();
        done({ timeout: true });
      }, limit);
      const done = ({ result, error, timeout }) => {
        clearTimeout(timer);
        this.answer = undefined;
        if (timeout) reject(new Timeout(`more than ${limit / 1000} s`));
        else if (error) reject(new Error(error));
        else resolve(result);
      };
      this.answer = done;
      this.process.send(message, (error) => error && done({ error: error.message }));
    });
  }

  /** Ends it at once. */
  end() {
    this.process?.removeAllListeners();
    this.process?.kill('SIGKILL');
    this.process = undefined;
  }

  /** Lets it end. */
  async close() {
    if (!this.process) return;
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.answer = undefined;
    this.process.send({ op: 'close' });
    const timer = setTimeout(() => this.end(), 5000);
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 6000).unref())]);
    clearTimeout(timer);
  }
}
