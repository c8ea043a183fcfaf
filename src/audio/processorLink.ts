import { MemoryError, StateError } from '../errors.ts';
import { unpack } from '../worker/failure.ts';
import { MADE, type Request, type Told } from './messages.ts';

interface Pending {
  resolve(): void;
  reject(error: Error): void;
}

/** How long answers that are on their way may take once the context is closed, in ms. */
const CLOSING_MS = 1000;

/** Calls to the processor of a node. Each is answered, or rejected once the processor is no more. */
export class ProcessorLink {
  /** Settles once the model is there. */
  readonly ready: Promise<void>;
  /** As the processor last told. */
  resets = 0;
  readonly #node: AudioWorkletNode;
  readonly #pending = new Map<number, Pending>();
  readonly #listening = new AbortController();
  #id = MADE;
  /** Why there are no answers any more. */
  #over: Error | undefined;

  constructor(node: AudioWorkletNode) {
    this.#node = node;
    const { signal } = this.#listening;
    node.port.onmessage = ({ data }: MessageEvent<Told>) => this.#take(data);
    node.port.onmessageerror = () =>
      this.close(new StateError('a message of the AudioWorklet can’t be read'));
    node.addEventListener(
      'processorerror',
      () => this.close(new StateError('the processor of the AudioWorklet failed')),
      { signal },
    );
    node.context.addEventListener('statechange', () => this.#closing(), { signal });
    this.ready = this.#expect(MADE);
    this.#closing();
  }

  /** @throws {StateError} where the processor is no more; the processor's own error */
  async call(request: Request): Promise<void> {
    if (this.#over) throw this.#over;
    const id = ++this.#id;
    this.#node.port.postMessage({ id, request });
    await this.#expect(id);
  }

  /** Rejects what is not answered yet and all later calls; nothing listens any more. */
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
      this.#rejectAll(new StateError('the AudioWorklet could not read a message'));
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

/** Says what to do about the browser's limit. */
function explained(error: Error): Error {
  if (!(error instanceof MemoryError)) return error;
  return new MemoryError(
    `AudioModel: ${error.message} in the AudioWorklet. A browser gives a page a limited number of ` +
      'WebAssembly memories, about 100 in Chromium: call dispose() of each AudioModel that is no longer used',
    { cause: error },
  );
}
