import type { ServerResponse } from 'node:http';
import { COMMON } from './headers.ts';

/** An answer of server-sent events (HTML standard, 9.2). */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #timeout: number;

  /** @param timeout most time for the client to read what was sent, in ms */
  constructor(response: ServerResponse, timeout: number) {
    this.#response = response;
    this.#timeout = timeout;
    response.writeHead(200, { ...COMMON, 'content-type': 'text/event-stream; charset=utf-8' });
  }

  /** Sends an event, and waits for a client that reads slowly; the connection of one that does not read is closed. */
  async send(data: object): Promise<void> {
    const response = this.#response;
    if (response.destroyed || response.write(`data: ${JSON.stringify(data)}\n\n`)) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => response.destroy(), this.#timeout);
      const done = () => {
        clearTimeout(late);
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
  }

  /** Sends the last event, `done`. */
  end(data: object): void {
    this.#response.end(`event: done\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
