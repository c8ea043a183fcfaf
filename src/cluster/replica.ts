import { Channel } from '../worker/channel.ts';
import { checkWorker } from '../worker/checkWorker.ts';
import type { NodeWorker } from '../worker/types.ts';

/** A thread with a model, and what it has at the moment. It is started again if it has crashed when it is needed. */
export class Replica {
  readonly #start: () => NodeWorker;
  #channel: Channel;
  /** Session of the model. */
  session: string | undefined;
  /** Memory that the thread reads the weights from. */
  #room: Uint8Array | undefined;
  /** Step of the weights. */
  step: number | undefined;
  /** Identity of the model and of what computes. */
  identity: string | undefined;
  /** What the last call that failed was rejected with. */
  failure: unknown;

  /** @throws {ArgumentError} if `start` does not return a worker */
  constructor(start: () => NodeWorker) {
    this.#start = start;
    this.#channel = this.#begun();
  }

  #begun(): Channel {
    return new Channel(checkWorker('thread', this.#start()));
  }

  async call<T>(name: string, args: Readonly<Record<string, unknown>>): Promise<T> {
    try {
      if (this.#channel.isOver) this.#channel = this.#begun();
      return await this.#channel.call<T>(name, args, true);
    } catch (error) {
      // whatever is left of a call that failed is not used again
      this.session = undefined;
      this.failure = error;
      throw error;
    }
  }

  /** Memory for weights. */
  room(bytes: number): Uint8Array {
    if (this.#room?.length !== bytes) this.#room = new Uint8Array(new SharedArrayBuffer(bytes));
    return this.#room;
  }

  async end(): Promise<void> {
    await this.#channel.end('the worker was closed');
    this.session = undefined;
  }
}
