import { Channel } from '../worker/channel.ts';
import type { NodeWorker } from '../worker/types.ts';

/** A thread with a model, and what it has at the moment. It is started when it is first needed, and again if it crashed. */
export class Replica {
  readonly #start: () => NodeWorker;
  #channel: Channel | undefined;
  /** Session of the model. */
  session: string | undefined;
  /** Memory that the thread reads the weights from. */
  #room: Uint8Array | undefined;
  /** Step of the weights. */
  step: number | undefined;
  /** Identity of the model and of what computes. */
  identity: string | undefined;

  constructor(start: () => NodeWorker) {
    this.#start = start;
  }

  async call<T>(name: string, args: Readonly<Record<string, unknown>>): Promise<T> {
    const channel = (this.#channel ??= new Channel(this.#start()));
    try {
      return await channel.call<T>(name, args, true);
    } catch (error) {
      // whatever is left of a call that failed is not used again
      this.session = undefined;
      if (channel.isOver) this.#channel = undefined;
      throw error;
    }
  }

  /** Memory for weights. */
  room(bytes: number): Uint8Array {
    if (this.#room?.length !== bytes) this.#room = new Uint8Array(new SharedArrayBuffer(bytes));
    return this.#room;
  }

  async end(): Promise<void> {
    await this.#channel?.end('the worker was closed');
    this.#channel = undefined;
    this.session = undefined;
  }
}
