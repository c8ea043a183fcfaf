import type { ServerResponse } from 'node:http';
import { COMMON } from './headers.ts';

/** An answer of server-sent events (HTML standard, 9.2). */
export class EventStream {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, { ...COMMON, 'content-type': 'text/event-stream; charset=utf-8' });
  }

  /** Sends an event, and waits for a client that reads slowly; the server closes the connection of one that does not read. */
  async send(data: object): Promise<void> {
    const response = this.#response;
    // an answer that waits behind others is not told of the end of its connection
    const { socket } = response.req;
    if (socket.destroyed || response.write(`data: ${JSON.stringify(data)}\n\n`)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        response.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      response.on('drain', done);
      socket.on('close', done);
    });
  }

  /** Sends the last event, `done`. */
  end(data: object): void {
    this.#response.end(`event: done\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
