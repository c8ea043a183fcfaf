import { MemoryError, StateError } from '../errors.ts';
import { unpack } from '../worker/failure.ts';
import { MADE, type Request, type Told } from './messages.ts';

interface Pending {
  resolve(): void;
  reject(error: Error): void;
}

/** How long to wait for pending answers after the context is closed, in ms. */
const CLOSING_MS = 1000;

/** Requests to the processor of a node. Pending ones are rejected when the processor ends. */
export class ProcessorLink {
  /** Resolves when the model is loaded. */
  readonly ready: Promise<void>;
  /** Number of resets, as last reported by the processor. */
  resets = 0;
  readonly #node: AudioWorkletNode;
  readonly #pending = new Map<number, Pending>();
  readonly #listening = new AbortController();
  #id = MADE;
  /** Why the link was closed. */
  #over: Error | undefined;

  constructor(node: AudioWorkletNode) {
    this.#node = node;
    const { signal } = this.#listening;
    node.port.onmessage = ({ data }: MessageEvent<Told>) => this.#take(data);
    node.port.onmessageerror = () => this.close(new StateError("can't read a message from the AudioWorklet"));
    node.addEventListener(
      'processorerror',
      () => this.close(new StateError('the AudioWorklet processor failed')),
      { signal },
    );
    node.context.addEventListener('statechange', () => this.#closing(), { signal });
    this.ready = this.#expect(MADE);
    this.#closing();
  }

  /** @throws {StateError} if the processor has ended; otherwise the processor's own error */
  async call(request: Request): Promise<void> {
    if (this.#over) throw this.#over;
    const id = ++this.#id;
    this.#node.port.postMessage({ id, request });
    await this.#expect(id);
  }

  /** Rejects all pending and later calls and removes the listeners. */
  close(reason: Error): void {
    if (this.#over) return;
    this.#over = reason;
    this.#listening.abort();
    this.#node.port.onmessage = null;
    this.#node.port.close();
    this.#rejectAll(reason);
  }

  #expect(id: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
  }

  #rejectAll(reason: Error): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(reason);
  }

  #take(told: Told): void {
    if (told.kind === 'resets') this.resets = told.count;
    else if (told.kind === 'unreadable') {
      this.#rejectAll(new StateError("the AudioWorklet can't read a message"));
    } else {
      const pending = this.#pending.get(told.id);
      this.#pending.delete(told.id);
      if (!told.failure) pending?.resolve();
      else {
        const error = explained(unpack(told.failure));
        pending?.reject(error);
        if (told.id === MADE) this.close(error);
      }
    }
  }

  #closing(): void {
    if (this.#node.context.state !== 'closed') return;
    const late = setTimeout(() => this.close(new StateError('the AudioContext is closed')), CLOSING_MS);
    this.#listening.signal.addEventListener('abort', () => clearTimeout(late));
  }
}

/** Adds a hint about the browser's limit to a MemoryError. */
function explained(error: Error): Error {
  if (!(error instanceof MemoryError)) return error;
  return new MemoryError(
    `AudioModel: ${error.message} in the AudioWorklet. A page can have a limited number of ` +
      'WebAssembly memories, about 100 in Chromium: dispose() each AudioModel that is no longer used',
    { cause: error },
  );
}
