import { ArgumentError, StateError, Verbatim } from '../errors.ts';
import { unpack } from './failure.ts';
import { portable } from './portable.ts';
import { type Call, isOurs, type Notice } from './protocol.ts';
import type { NodeWorker } from './types.ts';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly notice: ((notice: Notice) => void) | undefined;
}

/** Calls to a worker. Pending calls are rejected when the worker ends. */
export class Channel {
  /** Number of updates, as of the last answer. */
  steps = 0;
  readonly #worker: Worker | NodeWorker;
  readonly #pending = new Map<number, Pending>();
  readonly #lock = new AbortController();
  #id = 0;
  /** Why the worker ended. */
  #end: { readonly message: string; readonly cause: unknown } | undefined;
  #gone: Promise<unknown> | undefined;
  #heard = false;

  constructor(worker: Worker | NodeWorker) {
    this.#worker = worker;
    const take = (message: unknown) => this.#take(message);
    const unreadable = () => this.end('a message of the worker can’t be read');
    if ('on' in worker) {
      worker.on('message', take);
      worker.on('messageerror', unreadable);
      worker.on('error', (error: unknown) => this.end(`the worker crashed: ${messageOf(error)}`, error));
      worker.on('exit', (code: number) => this.end(`the worker ended with exit code ${code}`));
      worker.unref();
    } else {
      worker.addEventListener('message', ({ data }) => take(data));
      worker.addEventListener('messageerror', unreadable);
      worker.addEventListener('error', (event) => {
        const what = event.message ? `crashed: ${event.message}` : 'can’t be loaded';
        this.end(`the worker ${what}`, event.error);
      });
    }
  }

  /** Whether it ended before it answered anything. */
  get unloaded(): boolean {
    return this.#end !== undefined && !this.#heard;
  }

  /** Whether it ended. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** The name of a lock that the worker holds: once it is free, the worker has ended. */
  get lockName(): string | undefined {
    const there = !('on' in this.#worker) && globalThis.navigator?.locks;
    return there ? `unrolled ${crypto.randomUUID()}` : undefined;
  }

  /** Waits for a lock that the worker holds. */
  watch(lock: string): void {
    const { signal } = this.#lock;
    navigator.locks
      .request(lock, { signal }, () => this.end('the worker ended'))
      // aborted: the worker has already ended
      .catch(() => {});
  }

  /**
   * @param args by the argument names used in errors
   * @param transfer whether buffers in `args` are transferred instead of copied
   * @throws {ArgumentError} if a value can't be cloned or is detached
   */
  call<T>(
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    transfer = false,
    notice?: (notice: Notice, id: number) => void,
  ): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#end) throw this.#error();
      const { value, move } = portable(args, transfer);
      const id = this.#id + 1;
      this.#post(name, { unrolled: 'call', id, name, args: Object.values(value) }, move);
      this.#id = id;
      this.#pending.set(id, { resolve, reject, notice: notice && ((it) => notice(it, id)) });
      // keeps the Node process alive while a call is pending
      if (this.#pending.size === 1 && 'ref' in this.#worker) this.#worker.ref();
    }) as Promise<T>;
  }

  #post(name: string, call: Call, move: ArrayBuffer[]): void {
    try {
      this.#worker.postMessage(call, move);
    } catch (error) {
      if ((error as Error | undefined)?.name !== 'DataCloneError') throw error;
      const came = new Verbatim(messageOf(error));
      throw new ArgumentError(name, 'a value that can be cloned', came, { cause: error });
    }
  }

  /** Ends the worker and rejects all pending and later calls. Resolves when it has ended. */
  end(message: string, cause?: unknown): Promise<unknown> {
    if (this.#gone) return this.#gone;
    this.#end = { message, cause };
    this.#lock.abort();
    this.#gone = Promise.resolve(this.#worker.terminate());
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(this.#error());
    return this.#gone;
  }

  #error(): StateError {
    const { message, cause } = this.#end!;
    return Object.assign(new StateError(message), cause === undefined ? {} : { cause });
  }

  #take(message: unknown): void {
    if (!isOurs(message, 'answer', 'notice')) return;
    this.#heard = true;
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    if (message.unrolled === 'notice') {
      pending.notice?.(message);
      return;
    }
    this.steps = message.steps;
    this.#pending.delete(message.id);
    if (this.#pending.size === 0 && 'unref' in this.#worker) this.#worker.unref();
    if ('failure' in message) pending.reject(unpack(message.failure));
    else pending.resolve(message.value);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
